import type { Digest } from "@berth/core";
import { checkDigest, type RepositoryCall } from "../call.ts";
import { answerJson } from "../http/answer.ts";
import { maxManifestBytes } from "../repositories/manifest-content.ts";

const indexType = "application/vnd.oci.image.index.v1+json";

interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Readonly<Record<string, string>>;
}

/** What refers to a manifest, as an index: its provenance, its bill of materials, signatures. A page is no larger than a manifest may be. */
export async function listReferrers(call: RepositoryCall, text: string): Promise<void> {
  const { request, response, query, repository } = call;
  const subject = checkDigest(text);
  const artifactType = query.get("artifactType");
  const last = query.get("last");
  const manifests: Descriptor[] = [];
  let link: string | null = null;
  let roomBytes = maxManifestBytes;
  for (const digest of await repository.referrersOf(subject)) {
    if (last !== null && digest <= last) continue;
    const descriptor = await describe(call, digest);
    if (descriptor === null || (artifactType !== null && descriptor.artifactType !== artifactType)) continue;
    roomBytes -= JSON.stringify(descriptor).length;
    const before = manifests.at(-1);
    if (roomBytes < 0 && before !== undefined) {
      const next = new URLSearchParams({ ...(artifactType !== null && { artifactType }), last: before.digest });
      link = `</v2/${repository.name}/referrers/${subject}?${next}>; rel="next"`;
      break;
    }
    manifests.push(descriptor);
  }
  const index = { schemaVersion: 2, mediaType: indexType, manifests };
  answerJson(request, response, 200, index, {
    "content-type": indexType,
    ...(link !== null && { link }),
    ...(artifactType !== null && { "oci-filters-applied": "artifactType" }),
  });
}

async function describe({ parts, repository }: RepositoryCall, digest: Digest): Promise<Descriptor | null> {
  const found = await repository.findManifest({ digest });
  const content = found === null ? null : await parts.repositories.reader.content(digest);
  if (found === null || content === null) return null;
  const { artifactType, annotations } = content;
  return {
    mediaType: found.mediaType,
    digest,
    size: found.sizeBytes,
    ...(artifactType !== null && { artifactType }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}
