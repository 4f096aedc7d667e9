import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";
import { statOrNull } from "../collect/sweep-blobs.ts";
import { describeImage } from "../describe.ts";
import type { ImageDescription } from "../describe.ts";
import type { BlobStore } from "../layout/blob-store.ts";
import type { ImageIndex } from "../layout/index-file.ts";
import type { ImagePaths } from "../layout/paths.ts";
import type { Referrers } from "../layout/referrers.ts";
import { baseLayerCount, baseNameAnnotation } from "../manifest.ts";
import type { ImagesWorker } from "../worker/client.ts";
import type { StoredBlob, StoredImage } from "./disk-use.ts";

/** What images take on this machine. */
export interface ImagesUsage {
  images: StoredImage[];
  /** All blobs of the layout, also those that no image has. */
  blobsBytes: number;
  /** What can be made again from the blobs: archives and records of layers. */
  cacheBytes: number;
  /** Contents of the unpacked copies, each once however many share it. */
  unpackedBytes: number;
}

export interface UsageDeps {
  paths: ImagePaths;
  blobs: BlobStore;
  index: ImageIndex;
  referrers: Referrers;
  worker: ImagesWorker;
}

/** Measures what there is. */
export async function measureUsage(deps: UsageDeps): Promise<ImagesUsage> {
  const { paths, worker } = deps;
  const found: { digest: Digest; base: string | null; blobs: StoredBlob[] }[] = [];
  for (const digest of deps.index.list()) found.push(...(await readStored(deps, digest)));
  const [archives, records, unpackedBytes] = await Promise.all([
    worker.call("measure", [paths.archives]),
    worker.call("measure", [paths.records]),
    worker.call("measure", [paths.pool]),
  ]);
  return {
    images: withOwnBytes(found),
    blobsBytes: await sizeOfBlobs(paths),
    cacheBytes: archives + records,
    unpackedBytes,
  };
}

/** An image that was removed this moment, or cannot be read, is left out; an index for several platforms is no image. */
async function readStored(deps: UsageDeps, digest: Digest) {
  try {
    const image = await describeImage(deps.blobs, digest);
    const blobs = [...(await blobsOf(deps, image)), ...(await referrerBlobs(deps, digest))];
    return [{ digest, base: image.annotations[baseNameAnnotation] ?? null, blobs }];
  } catch (error) {
    if (error instanceof BerthError || error instanceof TypeError) return [];
    throw error;
  }
}

async function blobsOf({ blobs }: UsageDeps, image: ImageDescription): Promise<StoredBlob[]> {
  const bases = baseLayerCount(image);
  return [
    { digest: image.digest, sizeBytes: (await blobs.sizeBytes(image.digest)) ?? 0, kind: "manifest" },
    { digest: image.configDigest, sizeBytes: image.config.length, kind: "config" },
    ...image.layers.map(({ digest, sizeBytes }, index): StoredBlob => {
      return { digest, sizeBytes, kind: index < bases ? "base" : "layer" };
    }),
  ];
}

async function referrerBlobs(deps: UsageDeps, subject: Digest): Promise<StoredBlob[]> {
  const found: StoredBlob[] = [];
  for (const digest of await deps.referrers.list(subject)) {
    const text = (await deps.blobs.readWhole(digest)).toString();
    const {
      config,
      layers = [],
    }: { config?: { digest: Digest; size: number }; layers?: { digest: Digest; size: number }[] } = JSON.parse(text);
    found.push({ digest, sizeBytes: Buffer.byteLength(text), kind: "referrer" });
    for (const part of config === undefined ? layers : [config, ...layers]) {
      found.push({ digest: part.digest, sizeBytes: part.size, kind: "referrer" });
    }
  }
  return found;
}

function withOwnBytes(images: readonly Omit<StoredImage, "sizeBytes" | "ownBytes">[]): StoredImage[] {
  const named = new Map<Digest, number>();
  for (const { blobs } of images) {
    for (const digest of new Set(blobs.map((blob) => blob.digest))) named.set(digest, (named.get(digest) ?? 0) + 1);
  }
  return images.map((image) => {
    const blobs = [...new Map(image.blobs.map((blob) => [blob.digest, blob])).values()];
    const own = blobs.filter((blob) => named.get(blob.digest) === 1);
    return { ...image, blobs, sizeBytes: sizeOf(blobs), ownBytes: sizeOf(own) };
  });
}

function sizeOf(blobs: readonly StoredBlob[]): number {
  return blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0);
}

async function sizeOfBlobs(paths: ImagePaths): Promise<number> {
  let sum = 0;
  for (const name of await readdir(paths.blobs)) sum += (await statOrNull(join(paths.blobs, name)))?.size ?? 0;
  return sum;
}
