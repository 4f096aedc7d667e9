import { canonicalJson } from "@berth/core";
import type { Artifact, Digest, SourceTree } from "@berth/core";
import type { Images } from "../images.ts";
import { baseLayerCount } from "../manifest.ts";
import { attachArtifact, imageDescriptor, listAttached } from "./attached.ts";
import { bundleMediaType, makeBundle } from "./bundle.ts";
import { envelopeMediaType, readEnvelope, signatureProblem, signStatement, statementMediaType } from "./dsse.ts";
import { isOf, keyOf, statementIn } from "./read-statement.ts";
import type { SbomMaker } from "./sbom/sbom.ts";
import type { SigningKey } from "./signing-key.ts";
import { cycloneDxMediaType, makeStatement, provenanceType } from "./statement.ts";

export interface AttachDeps {
  images: Pick<Images, "blobs" | "referrers" | "describe" | "begin">;
  key: SigningKey;
  sboms: SbomMaker;
  /** Of Berth, which makes the bill of materials. */
  berthVersion: string;
}

/** Whether the image has provenance of this build that is signed with the key. What cannot be read does not count. */
export async function hasProvenance(deps: Pick<AttachDeps, "images" | "key">, artifact: Artifact): Promise<boolean> {
  const { images, key } = deps;
  for (const { artifactType, blob, problem } of await listAttached(images, artifact.digest)) {
    if (problem !== null || artifactType !== statementMediaType) continue;
    try {
      const envelope = readEnvelope(await images.blobs.readWhole(blob));
      const statement = statementIn(envelope);
      if (statement === null || signatureProblem(envelope, key) !== null) continue;
      if (isOf(statement, artifact.digest) && keyOf(statement) === artifact.key) return true;
    } catch {
      // One that is broken is for whoever verifies.
    }
  }
  return false;
}

/** Whether nothing beside an image is, or may once have been, provenance: then a crash may have come before it was attached. */
export async function lacksProvenance(images: AttachDeps["images"], image: Digest): Promise<boolean> {
  const attached = await listAttached(images, image);
  return attached.every(({ problem, artifactType }) => problem === null && artifactType !== statementMediaType);
}

/**
 * Lays beside an image how it was made, signed, and what is in it: the envelope as it is, the same in the form that cosign finds, and the
 * bill of materials. Equal builds give equal bytes, so it may be repeated after a crash at any point.
 */
export async function attachProvenance(deps: AttachDeps, artifact: Artifact, source: SourceTree): Promise<void> {
  const { images, key, sboms, berthVersion } = deps;
  const { digest, provenance } = artifact;
  const done = images.begin();
  try {
    const [subject, description] = await Promise.all([imageDescriptor(images, digest), images.describe(digest)]);
    const { app, service, plan } = provenance;
    const hasBase = baseLayerCount(description) > 0;
    const of = { app, service, digest, tree: source.id, base: hasBase ? plan.base : null, berthVersion };
    const sbom = await sboms.make(source, plan, of);
    const sbomDigest: Digest = await images.blobs.put(sbom);
    const envelope = signStatement(
      makeStatement(provenance, { image: digest, key: artifact.key, sbom: sbomDigest }),
      key,
    );
    await Promise.all([
      attachArtifact(images, subject, {
        artifactType: cycloneDxMediaType,
        mediaType: cycloneDxMediaType,
        content: sbom,
        title: "sbom.cdx.json",
        annotations: {},
      }),
      attachArtifact(images, subject, {
        artifactType: bundleMediaType,
        mediaType: bundleMediaType,
        content: makeBundle(envelope),
        title: "provenance.sigstore.json",
        annotations: {
          "dev.sigstore.bundle.content": "dsse-envelope",
          "dev.sigstore.bundle.predicateType": provenanceType,
        },
      }),
    ]);
    // Last: where it is, all is there.
    await attachArtifact(images, subject, {
      artifactType: statementMediaType,
      mediaType: envelopeMediaType,
      content: canonicalJson(envelope),
      title: "provenance.dsse.json",
      annotations: { "in-toto.io/predicate-type": provenanceType },
    });
  } finally {
    done();
  }
}
