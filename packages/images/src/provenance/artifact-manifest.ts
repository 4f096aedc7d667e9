import { canonicalJson } from "@berth/core";
import { digestOf } from "../layout/blobs.ts";
import { manifestMediaType } from "../manifest.ts";
import type { Descriptor } from "../manifest.ts";

/** The empty configuration that artifacts without one have. Source: OCI image-spec 1.1, manifest.md (guidance for an empty descriptor). */
export const emptyConfig = "{}";
const emptyMediaType = "application/vnd.oci.empty.v1+json";

/** Something that is kept beside an image. */
export interface AttachedArtifact {
  artifactType: string;
  /** Its one blob. */
  mediaType: string;
  content: string;
  /** The name it gets as a file. */
  title: string;
  annotations: Readonly<Record<string, string>>;
}

/** The manifest of an artifact that refers to an image. Source: OCI image-spec 1.1, manifest.md (guidelines for artifact usage). */
export function makeArtifactManifest(artifact: AttachedArtifact, subject: Descriptor): string {
  const { artifactType, mediaType, content, title, annotations } = artifact;
  return canonicalJson({
    schemaVersion: 2,
    mediaType: manifestMediaType,
    artifactType,
    config: { mediaType: emptyMediaType, digest: digestOf(emptyConfig), size: emptyConfig.length },
    layers: [
      {
        mediaType,
        digest: digestOf(content),
        size: Buffer.byteLength(content),
        annotations: { "org.opencontainers.image.title": title },
      },
    ],
    subject,
    annotations,
  });
}
