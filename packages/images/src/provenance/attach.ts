import { canonicalJson } from "@berth/core";
import { baseOf } from "@berth/core";
import type { Artifact, Digest, SourceTree } from "@berth/core";
import type { Images } from "../images.ts";
import { baseLayerCount } from "../manifest.ts";
import { attachArtifact, imageDescriptor } from "./attached.ts";
import { bundleMediaType, makeBundle } from "./bundle.ts";
import { envelopeMediaType, signStatement, statementMediaType } from "./dsse.ts";
import type { SbomMaker } from "./sbom/sbom.ts";
import type { SigningKey } from "./signing-key.ts";
import { makeStatement } from "./statement.ts";
import { cycloneDxMediaType, provenanceType } from "./statement-types.ts";

export interface AttachDeps {
  images: Pick<Images, "blobs" | "referrers" | "describe" | "begin">;
  key: SigningKey;
  sboms: SbomMaker;
  /** Of Berth, which makes the bill of materials. */
  berthVersion: string;
}

/**
 * Lays beside an image how it was made, signed, and what is in it: the envelope as it is, the same in the form that cosign finds, and the
 * bill of materials. Equal builds give equal bytes, so it may be repeated after a crash at any point.
 */
export async function attachProvenance(
  deps: AttachDeps,
  artifact: Artifact,
  source: SourceTree,
  signed: "with the build" | "later",
): Promise<void> {
  const { images, key, sboms, berthVersion } = deps;
  const { digest, provenance } = artifact;
  const done = images.begin();
  try {
    const [subject, description] = await Promise.all([imageDescriptor(images, digest), images.describe(digest)]);
    const { app, service, plan } = provenance;
    const hasBase = baseLayerCount(description) > 0 || plan.dockerfile !== null;
    const of = { app, service, digest, tree: source.id, base: hasBase ? baseOf(provenance) : null, berthVersion };
    const sbom = await sboms.make(source, plan, of);
    const sbomDigest: Digest = await images.blobs.put(sbom);
    const envelope = signStatement(
      makeStatement(provenance, {
        image: digest,
        key: artifact.key,
        sbom: sbomDigest,
        signedLater: signed === "later",
      }),
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
