import { BerthError } from "@berth/core";
import type { BaseImage, Digest, Platform } from "@berth/core";
import type { Base } from "../../base.ts";
import type { BlobStore } from "../../layout/blob-store.ts";
import type { DiskSpace } from "../../layout/disk-space.ts";
import { readKept } from "../../layout/read-kept.ts";
import { libcOfImage } from "../libc/find-libc.ts";
import { scanLayer } from "../libc/scan-layer.ts";
import type { ScannedLayer } from "../libc/scan-layer.ts";
import { readConfig } from "../manifest/document.ts";
import type { BlobDescriptor, ConfigDocument } from "../manifest/document.ts";
import { isImageConfig, layerProblem } from "../manifest/media-types.ts";
import { selectPlatform } from "../manifest/select-platform.ts";
import type { WantedPlatform } from "../manifest/select-platform.ts";
import { allOrNone } from "../all-or-none.ts";
import type { Reach } from "../reach.ts";
import type { BaseCache } from "./base-cache.ts";
import { missingBytes } from "./blob.ts";
import { chooseManifest } from "./choose-manifest.ts";
import type { Parts } from "./parts.ts";
import { makeCounter } from "./progress.ts";
import type { FetchProgress } from "./progress.ts";
import type { Reference } from "./reference.ts";
import { corruptBase, unfitBase, wrongPlatform } from "./unfit.ts";

export interface FetchBaseOptions {
  signal: AbortSignal;
  /** Called now and then while layers arrive. */
  onProgress?: (progress: FetchProgress) => void;
  /** Of the processor, such as `v7`; without it the usual one of the architecture. */
  variant?: string;
}

export interface FetchBaseDeps {
  reach: Reach;
  blobs: BlobStore;
  space: DiskSpace;
  parts: Parts;
  cache: BaseCache;
}

/** A base whose exact content is known. */
export type PinnedBase = BaseImage & { digest: Digest };

/** Makes sure that a base is in the layout, whole. Throws BerthErrors of what the base is, and `PlacesFailed` of where it comes from. */
export async function fetchBase(
  deps: FetchBaseDeps,
  reference: Reference,
  digest: Digest,
  platform: Platform,
  { signal, onProgress, variant }: FetchBaseOptions,
): Promise<Base> {
  const wanted = { os: platform.os, architecture: platform.architecture, variant: variant ?? null };
  const known = await deps.cache.base(digest, wanted);
  if (known !== null && (await allThere(deps.blobs, known.blobs))) return { ...known.base, image: reference.image };
  return fetchParts(deps, reference, digest, wanted, signal, onProgress ?? (() => {}));
}

/** Notes that these blobs are used, and says whether they are all there. */
async function allThere(blobs: BlobStore, digests: readonly Digest[]): Promise<boolean> {
  return (await Promise.all(digests.map((digest) => blobs.touch(digest)))).every((isThere) => isThere);
}

async function fetchParts(
  deps: FetchBaseDeps,
  reference: Reference,
  digest: Digest,
  wanted: WantedPlatform,
  signal: AbortSignal,
  onProgress: (progress: FetchProgress) => void,
): Promise<Base> {
  const { blobs, parts, cache } = deps;
  const { manifest, indexes } = await chooseManifest(parts, reference, digest, wanted, signal, blobs.readWhole);
  checkKinds(reference, manifest.config, manifest.layers);
  await readKept(blobs, manifest.config.digest);
  await checkSpace(deps, reference, [manifest.config, ...manifest.layers]);
  await parts.blob(reference, manifest.config, signal, () => {});
  const config = readConfig(await blobs.readWhole(manifest.config.digest));
  if (config === null || config.diffIds.length !== manifest.layers.length)
    throw unfitBase(reference, "its configuration does not describe its layers");
  if (selectPlatform([config], wanted) === null) throw wrongPlatform(reference, wanted, [config.platform]);

  const counter = makeCounter(
    manifest.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
    manifest.layers.length,
    onProgress,
  );
  const scanned = await allOrNone(signal, (shared) =>
    manifest.layers.map(async (layer, index) => {
      await parts.blob(reference, layer, shared, counter.bytes);
      const facts = await scanKept(deps, reference, layer, shared);
      checkContent(reference, layer, facts, config.diffIds[index]);
      counter.layer();
      return facts;
    }),
  );
  // What names others comes last: where it is, all that it names is there.
  await blobs.put(manifest.bytes);
  for (const index of indexes.toReversed()) await blobs.put(index.bytes);
  const base = makeBase(reference, digest, manifest, config, scanned);
  const all = [...indexes.map((index) => index.digest), manifest.digest, manifest.config.digest];
  await cache.keepBase(digest, wanted, { base, blobs: [...all, ...manifest.layers.map((layer) => layer.digest)] });
  return base;
}

/** Throws `disk.full` where what is missing of these does not fit. */
async function checkSpace({ blobs, space }: FetchBaseDeps, { short }: Reference, wanted: readonly BlobDescriptor[]) {
  const unique = new Map(wanted.map((blob) => [blob.digest, blob]));
  const sizes = [...unique.values()].map(async (blob) =>
    (await blobs.touch(blob.digest)) ? 0 : missingBytes(blobs, blob),
  );
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  if (bytes > 0) await space.check(bytes, short);
}

function makeBase(
  reference: Reference,
  digest: Digest,
  manifest: { digest: Digest; layers: readonly BlobDescriptor[] },
  config: ConfigDocument,
  scanned: readonly ScannedLayer[],
): Base {
  const { libc, glibc } = libcOfImage(scanned);
  const { os, architecture } = config.platform;
  return {
    image: reference.image,
    digest,
    manifest: manifest.digest,
    platform: { os, architecture, libc },
    glibc,
    layers: manifest.layers.map((layer, index) => ({
      ...layer,
      diffId: config.diffIds[index] ?? layer.digest,
      files: 0,
    })),
    env: config.env,
  };
}

function checkKinds(reference: Reference, config: BlobDescriptor, layers: readonly BlobDescriptor[]): void {
  if (!isImageConfig(config.mediaType))
    throw unfitBase(reference, `it is no image but ${JSON.stringify(config.mediaType.slice(0, 100))}`);
  for (const layer of layers) {
    const problem = layerProblem(layer.mediaType);
    if (problem !== null) throw unfitBase(reference, `it has a layer that ${problem}`);
  }
}

async function scanKept(
  { blobs, cache, reach }: FetchBaseDeps,
  reference: Reference,
  { digest }: BlobDescriptor,
  signal: AbortSignal,
): Promise<ScannedLayer> {
  const kept = await cache.layer(digest);
  if (kept !== null) return kept;
  const scanned = await scanLayer((range) => blobs.read(digest, range), signal).catch((error: unknown) => {
    signal.throwIfAborted();
    // The disk may fail as well.
    if (error instanceof BerthError || (error instanceof Error && "syscall" in error)) throw error;
    reach.log.warn({ image: reference.image, layer: digest, error }, "A layer of a base cannot be read");
    throw corruptBase(reference, `its layer ${digest} cannot be unpacked`, error);
  });
  await cache.keepLayer(digest, scanned);
  return scanned;
}

/** Docker takes no image of which the configuration names other contents than the layers have. */
function checkContent(
  reference: Reference,
  { digest }: BlobDescriptor,
  { diffId }: ScannedLayer,
  named: Digest | undefined,
) {
  if (diffId === named) return;
  throw corruptBase(reference, `its layer ${digest} contains ${diffId} where its configuration names ${named}`);
}
