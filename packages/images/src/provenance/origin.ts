import type { Artifact, Digest, ImageOrigin } from "@berth/core";
import type { Images } from "../images.ts";
import { listAttached } from "./attached.ts";
import { readEnvelope, statementMediaType } from "./dsse.ts";
import { describeLayers } from "./layers.ts";
import { isOf, keyOf, statementIn } from "./read-statement.ts";
import { cycloneDxMediaType, sbomOf } from "./statement-types.ts";
import { countComponents } from "./verify/check-sbom.ts";

/** What lies beside an image about how it was made, not verified. */
export interface ProvenanceDocuments {
  /** The envelope as it was signed, and who signed it. */
  provenance: { digest: Digest; content: Buffer; signedBy: string } | null;
  sbom: Digest | null;
}

/** Finds provenance and bill of materials of an image: those of a build where there are several. What cannot be read is as if it were not there. */
export async function findDocuments(
  images: Pick<Images, "blobs" | "referrers">,
  image: Digest,
  build: string | null,
): Promise<ProvenanceDocuments> {
  const attached = (await listAttached(images, image)).filter(({ problem }) => problem === null);
  let found: ProvenanceDocuments | null = null;
  for (const { artifactType, blob } of attached) {
    if (artifactType !== statementMediaType) continue;
    const content = await images.blobs.readWhole(blob).catch(() => null);
    const document = content === null ? null : readDocument(image, blob, content);
    if (document === null) continue;
    found ??= document.documents;
    if (document.build === build) found = document.documents;
  }
  const anySbom = attached.find(({ artifactType }) => artifactType === cycloneDxMediaType)?.blob ?? null;
  return found ?? { provenance: null, sbom: anySbom };
}

function readDocument(image: Digest, digest: Digest, content: Buffer) {
  try {
    const envelope = readEnvelope(content);
    const statement = statementIn(envelope);
    if (statement === null || !isOf(statement, image)) return null;
    const signedBy = envelope.signatures[0]?.keyid ?? "";
    return {
      build: keyOf(statement),
      documents: { provenance: { digest, content, signedBy }, sbom: sbomOf(statement) },
    };
  } catch {
    return null;
  }
}

/** How the image of a service was made, as far as it is known. */
export async function describeOrigin(
  images: Pick<Images, "blobs" | "referrers" | "describe">,
  { service, image }: { service: string; image: Digest },
  record: Artifact | null,
): Promise<ImageOrigin> {
  const [description, { provenance, sbom }] = await Promise.all([
    images.describe(image).catch(() => null),
    findDocuments(images, image, record?.key ?? null),
  ]);
  const components = sbom === null ? null : await countComponents(images, sbom).catch(() => null);
  return {
    service,
    image,
    sizeBytes: description === null ? null : description.layers.reduce((sum, one) => sum + one.sizeBytes, 0),
    layers: description === null ? [] : describeLayers(description, record?.provenance.plan ?? null),
    provenance: record?.provenance ?? null,
    signature: provenance === null ? null : { key: provenance.signedBy, envelope: provenance.digest },
    sbom: sbom === null || components === null ? null : { digest: sbom, components },
  };
}
