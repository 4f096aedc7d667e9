import type { Digest, VerificationCheck } from "@berth/core";
import type { Images } from "../../images.ts";
import { listAttached, problemOf } from "../attached.ts";
import type { Attached } from "../attached.ts";
import { bundleMediaType, envelopeIn, makeBundle } from "../bundle.ts";
import { readEnvelope, signatureProblem, statementMediaType } from "../dsse.ts";
import type { Envelope } from "../dsse.ts";
import { isOf, statementIn } from "../read-statement.ts";
import type { VerifyingKey } from "../signing-key.ts";
import type { Statement } from "../statement-types.ts";
import { blobProblem } from "./check-manifest.ts";
import { failed, ok, short } from "./outcome.ts";

export interface FoundStatement {
  statement: Statement;
  envelope: Envelope;
}

/** The provenance of an image that is signed with the key, and all that is wrong with what lies beside the image. What other tools have signed is left alone. */
export async function findStatements(
  images: Pick<Images, "blobs" | "referrers">,
  image: Digest,
  key: VerifyingKey,
): Promise<{ found: FoundStatement[]; checks: VerificationCheck[] }> {
  const checks: VerificationCheck[] = [];
  const found: FoundStatement[] = [];
  const others = new Set<string>();
  const bundles: { attached: Attached; text: string }[] = [];
  for (const attached of await listAttached(images, image)) {
    const { digest, artifactType, blob, config, problem } = attached;
    if (problem !== null) {
      checks.push(failed("signature", `what lies beside the image as ${short(digest)}: ${problem}`));
      continue;
    }
    const damage = await blobProblem(images.blobs, config);
    if (damage !== null) {
      checks.push(
        failed("signature", `the configuration of what lies beside the image as ${short(digest)}: ${damage}`),
      );
    }
    if (artifactType !== statementMediaType && artifactType !== bundleMediaType) continue;
    try {
      const bytes = await images.blobs.readWhole(blob);
      if (artifactType === bundleMediaType) {
        bundles.push({ attached, text: bytes.toString() });
        continue;
      }
      const envelope = readEnvelope(bytes);
      const statement = statementIn(envelope);
      const signers = envelope.signatures.map(({ keyid }) => keyid ?? "");
      const wrong = signatureProblem(envelope, key);
      if (wrong === null && statement !== null) found.push({ statement, envelope });
      else if (signers.includes(key.id)) checks.push(failed("signature", `the provenance ${short(blob)}: ${wrong}`));
      else for (const signer of signers) others.add(short(signer));
    } catch (error) {
      checks.push(failed("signature", `the provenance ${short(blob)}: ${problemOf(error)}`));
    }
  }
  checks.push(...bundleProblems(bundles, image, key));
  if (found.length > 0) {
    const isOurs = found.filter(({ statement }) => isOf(statement, image));
    checks.unshift(ok("signature", `Ed25519, key ${short(key.id)}`));
    checks.push(
      isOurs.length > 0
        ? ok("subject", short(image))
        : failed("subject", `the provenance is of ${subjectsOf(found)}, not of ${short(image)}`),
    );
    return { found: isOurs, checks };
  }
  if (checks.length === 0) {
    const by = others.size === 0 ? "" : `, only what is signed with ${[...others].join(", ")}`;
    checks.push(failed("signature", `there is no provenance signed with the key ${short(key.id)}${by}`));
  }
  return { found: [], checks };
}

/** Bundles of ours hold what we have signed of this image and nothing else. After a crash one may be there whose envelope does not lie beside the image by itself. */
function bundleProblems(
  bundles: readonly { attached: Attached; text: string }[],
  image: Digest,
  key: VerifyingKey,
): VerificationCheck[] {
  return bundles
    .filter(({ text }) => text.includes(key.id) && !isOfImage(text, image, key))
    .map(({ attached }) => failed("signature", `the bundle ${short(attached.blob)}: it is not that of the provenance`));
}

function isOfImage(bundle: string, image: Digest, key: VerifyingKey): boolean {
  const envelope = envelopeIn(bundle);
  if (envelope === null || signatureProblem(envelope, key) !== null || makeBundle(envelope) !== bundle) return false;
  const statement = statementIn(envelope);
  return statement !== null && isOf(statement, image);
}

function subjectsOf(found: readonly FoundStatement[]): string {
  return found
    .flatMap(({ statement }) => statement.subject.map(({ digest }) => short(`sha256:${digest.sha256}`)))
    .join(", ");
}
