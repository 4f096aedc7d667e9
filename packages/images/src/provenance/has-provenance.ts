import type { Artifact, Digest } from "@berth/core";
import type { Images } from "../images.ts";
import { listAttached } from "./attached.ts";
import { differenceOf } from "./compare.ts";
import { readEnvelope, signatureProblem, statementMediaType } from "./dsse.ts";
import { statementIn } from "./read-statement.ts";
import type { VerifyingKey } from "./signing-key.ts";

type BesideImages = Pick<Images, "blobs" | "referrers">;

/** Whether the image has provenance that is signed with the key and says what this record says. What cannot be read does not count. */
export async function hasProvenance(
  deps: { images: BesideImages; key: VerifyingKey },
  artifact: Artifact,
): Promise<boolean> {
  const { images, key } = deps;
  for (const { artifactType, blob, problem } of await listAttached(images, artifact.digest)) {
    if (problem !== null || artifactType !== statementMediaType) continue;
    try {
      const envelope = readEnvelope(await images.blobs.readWhole(blob));
      const statement = statementIn(envelope);
      if (statement === null || signatureProblem(envelope, key) !== null) continue;
      if (differenceOf(artifact, statement) === null) return true;
    } catch {
      // One that is broken is for whoever verifies.
    }
  }
  return false;
}

/** Whether nothing beside an image is, or may once have been, provenance: then a crash may have come before it was attached. */
export async function lacksProvenance(images: BesideImages, image: Digest): Promise<boolean> {
  const attached = await listAttached(images, image);
  return attached.every(({ problem, artifactType }) => problem === null && artifactType !== statementMediaType);
}
