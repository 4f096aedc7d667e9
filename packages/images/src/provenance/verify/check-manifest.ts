import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Digest, VerificationCheck } from "@berth/core";
import { describeImage } from "../../describe.ts";
import type { ImageDescription } from "../../describe.ts";
import type { BlobStore } from "../../layout/blob-store.ts";
import { failed, ok, short } from "./outcome.ts";

/** Whether manifest and configuration are what their digests say and name the same layers. Without them nothing more is known of the image. */
export async function checkManifest(
  blobs: BlobStore,
  image: Digest,
): Promise<{ description: ImageDescription | null; checks: VerificationCheck[] }> {
  const manifest = await blobProblem(blobs, image);
  if (manifest !== null) return { description: null, checks: [failed("manifest", manifest)] };
  const { config: descriptor, layers }: { config: { digest: Digest }; layers: { digest: Digest }[] } = JSON.parse(
    (await blobs.readWhole(image)).toString(),
  );
  const checks = [ok("manifest", `${short(image)}, ${layers.length} layer${layers.length === 1 ? "" : "s"}`)];
  const config = await blobProblem(blobs, descriptor.digest);
  if (config !== null) {
    return {
      description: null,
      checks: [...checks, failed("config", config), ...(await layerProblems(blobs, layers))],
    };
  }
  const { rootfs }: { rootfs?: { diff_ids?: unknown[] } } = JSON.parse(
    (await blobs.readWhole(descriptor.digest)).toString(),
  );
  const named = rootfs?.diff_ids?.length ?? 0;
  checks.push(
    named === layers.length
      ? ok("config", short(descriptor.digest))
      : failed("config", `${short(descriptor.digest)} names ${named} layers, the manifest ${layers.length}`),
  );
  return { description: await describeImage(blobs, image), checks };
}

/** Layers that are not what the manifest says, where the configuration cannot be asked what is in them. */
async function layerProblems(blobs: BlobStore, layers: readonly { digest: Digest }[]): Promise<VerificationCheck[]> {
  const checks: VerificationCheck[] = [];
  for (const { digest } of layers) {
    const problem = await blobProblem(blobs, digest);
    if (problem !== null) checks.push(failed("layer", problem));
  }
  return checks;
}

/** What lies there, whether it is the blob or not. */
export function readAsItIs(blobs: BlobStore, digest: Digest, sizeBytes: number): Readable {
  return sizeBytes === 0 ? Readable.from([]) : blobs.read(digest, { first: 0, last: sizeBytes - 1 });
}

/** Why a blob is not what its digest says, read piece by piece; null where it is. */
export async function blobProblem(blobs: BlobStore, digest: Digest): Promise<string | null> {
  const size = await blobs.sizeBytes(digest);
  if (size === null) return `${short(digest)} is not there`;
  const hash = createHash("sha256");
  await pipeline(readAsItIs(blobs, digest, size), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  const found = `sha256:${hash.digest("hex")}`;
  return found === digest ? null : `the bytes of ${short(digest)} have the digest ${short(found)}`;
}
