import type { Digest } from "@berth/core";
import { partsOf } from "./collect/reach.ts";
import type { BlobStore } from "./layout/blob-store.ts";
import { readKept } from "./layout/read-kept.ts";

/**
 * Whether an image, or an index, is there with all that it names, which counts as used now. A manifest or configuration that is not what
 * its digest says is set aside, so that a build makes it anew; of layers it is only looked at whether they are there.
 */
export async function isWhole(blobs: BlobStore, digest: Digest): Promise<boolean> {
  const bytes = await readKept(blobs, digest);
  if (bytes === null) return false;
  const text = bytes.toString();
  const { config, manifests = [] }: { config?: { digest: Digest }; manifests?: { digest: Digest }[] } =
    JSON.parse(text);
  if (config !== undefined && (await readKept(blobs, config.digest)) === null) return false;
  const parts = await Promise.all([
    ...partsOf(text).blobs.map((blob) => blobs.touch(blob)),
    ...manifests.map((manifest) => isWhole(blobs, manifest.digest)),
  ]);
  return parts.every((isThere) => isThere);
}
