import { canonicalJson } from "@berth/core";
import type { Digest } from "@berth/core";
import { isRecord } from "../http/refusal.ts";
import { acceptManifests, indexTypes } from "../manifest/media-types.ts";
import type { Destination } from "./destination.ts";
import { putManifest } from "./put-manifest.ts";

/** What an index says of a manifest that refers to a subject. */
interface ReferrerDescriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Record<string, unknown>;
}

const largestIndexBytes = 4 * 1024 * 1024;

/**
 * Lists a referrer under the tag that stands in for the referrers API, for registries that lack it. One at a time may do so for a subject.
 * Source: OCI distribution-spec 1.1, pushing manifests with subject and the referrers tag schema.
 */
export async function listUnderTag(
  destination: Destination,
  subject: Digest,
  referrer: ReferrerDescriptor,
): Promise<void> {
  const tag = subject.replace(":", "-");
  const request = {
    method: "GET",
    target: `manifests/${tag}`,
    headers: { accept: acceptManifests },
    expect: [200, 404],
  } as const;
  const { status, bytes } = await destination.persist(() => destination.document(request, largestIndexBytes));
  const listed = status === 200 ? readListed(bytes) : [];
  if (listed.some(({ digest }) => digest === referrer.digest)) return;
  const index = { schemaVersion: 2, mediaType: indexTypes[0], manifests: [...listed, referrer] };
  await putManifest(destination, tag, indexTypes[0], Buffer.from(canonicalJson(index)));
}

/** What is listed stays as it is, also what others have listed. */
function readListed(bytes: Buffer): { digest: unknown }[] {
  const index: unknown = JSON.parse(bytes.toString());
  const manifests: unknown = isRecord(index) ? index["manifests"] : null;
  return Array.isArray(manifests) ? manifests.filter((one): one is { digest: unknown } => isRecord(one)) : [];
}

/** How an index names a manifest; its kind is that of the artifact, or, where it does not say, of its configuration. */
export function describeReferrer(digest: Digest, mediaType: string, bytes: Buffer): ReferrerDescriptor {
  const manifest: unknown = JSON.parse(bytes.toString());
  const { artifactType, annotations, config } = isRecord(manifest) ? manifest : {};
  const kind = typeof artifactType === "string" ? artifactType : isRecord(config) ? config["mediaType"] : undefined;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(typeof kind === "string" && { artifactType: kind }),
    ...(isRecord(annotations) && { annotations }),
  };
}
