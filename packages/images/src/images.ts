import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/core";
import type { Clock, Digest, Log, Random } from "@berth/core";
import { makeArchiveLayer } from "./archive-layer.ts";
import { makeAssembler } from "./assemble.ts";
import type { AssembledImage, ForeignImageSpec } from "./assemble.ts";
import { collectImages } from "./collect/collect.ts";
import type { Collected } from "./collect/collect.ts";
import { describeImage } from "./describe.ts";
import type { ImageDescription } from "./describe.ts";
import type { Compression } from "./layer/compression.ts";
import type { Layer } from "./layer/entry.ts";
import type { FolderLayerSpec } from "./layer/walk.ts";
import { makeBlobStore } from "./layout/blob-store.ts";
import type { BlobStore } from "./layout/blob-store.ts";
import { freeBytesOf, makeDiskSpace } from "./layout/disk-space.ts";
import type { DiskSpace } from "./layout/disk-space.ts";
import { readBlob, touchBlob } from "./layout/blobs.ts";
import { makeDiffIds } from "./layout/diff-ids.ts";
import { openIndex } from "./layout/index-file.ts";
import { makePaths } from "./layout/paths.ts";
import { makeReferrers } from "./layout/referrers.ts";
import type { Referrers } from "./layout/referrers.ts";
import { removeLeftovers } from "./leftovers.ts";
import { appPaths, baseLayerCount, isOurs } from "./manifest.ts";
import type { ImageConfig, ImageSpec, Manifest } from "./manifest.ts";
import { makeTreeLayer } from "./tree-layer.ts";
import type { TreeLayerSpec } from "./tree-layer.ts";
import { makeUnpacker } from "./unpack/unpack.ts";
import type { ImageParts, UnpackedImage } from "./unpack/unpack.ts";
import { measureUsage } from "./usage/usage.ts";
import type { ImagesUsage } from "./usage/usage.ts";
import { isWhole } from "./whole.ts";
import { makeWorker } from "./worker/client.ts";

export interface ImagesDeps {
  /** BERTH_HOME. One process at a time may use it. */
  home: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** See `readBootId`. */
  bootId: string;
  /** How new layers are compressed; default `gzip`. */
  compression?: Compression;
}

/** Images of this installation: layers, the OCI layout they are kept in, and unpacked copies of them. */
export interface Images {
  /** A layer of files of a source tree, made from a previous layer where one is given. */
  treeLayer(spec: TreeLayerSpec): Promise<{ layer: Layer; changed: number }>;
  /**
   * A layer of files of this machine; with a baseline, of what differs from that layer, which they were extracted from. `previous` is a layer
   * that is likely to have much in common: what is equal is not compressed again.
   */
  folderLayer(spec: FolderLayerSpec, baseline?: Digest, previous?: Digest | null): Promise<Layer>;
  /** A layer of a plain archive as it is. */
  archiveLayer(chunks: AsyncIterable<Uint8Array>): Promise<Layer>;
  /** A layer that has this plain archive, used now; null where none is known. */
  findLayer(diffId: Digest): Promise<Layer | null>;
  /** Whether a layer is there; it counts as used now. */
  hasLayer(digest: Digest): Promise<boolean>;
  /**
   * A layer that somebody else has made, as its blob alone tells of it. Throws `image.not-found`, `image.corrupt` where it is none, and
   * `image.unfit` where something in it lies outside of this folder of the image.
   */
  readLayer(digest: Digest, folder: string): Promise<Layer>;
  /** Resolves when a layer that was just made is safe on the disk. */
  settle(digest: Digest): Promise<void>;
  /** Writes what a layer has below `prefix` into a folder, as private files that may be changed. */
  extract(layer: Digest, prefix: string, folder: string): Promise<void>;
  /**
   * Makes a folder again what `extract` has made it, whatever was done to it since: faster than to extract it anew. `sinceNs` is a time of last
   * change (ctime) on that disk, from after it was extracted and before anyone could touch it.
   */
  restore(layer: Digest, prefix: string, folder: string, sinceNs: bigint): Promise<void>;
  /**
   * Makes an image of layers. When it resolves the image is safe on the disk, is listed, and, without a base in it, has an unpacked copy.
   * `lineage` names what it is the next image of.
   */
  assemble(spec: ImageSpec, lineage?: string): Promise<AssembledImage>;
  /** Makes an image of what an engine has made. It can run in containers alone. */
  assembleForeign(spec: ForeignImageSpec): Promise<AssembledImage>;
  /** Makes an image index of images for several platforms. */
  assembleIndex(manifests: readonly Digest[]): Promise<AssembledImage>;
  /** The read-only copy of an image without its base, made where it is not there yet. Throws `image.not-found`, `image.corrupt`, `image.unfit`. */
  unpack(digest: Digest): Promise<UnpackedImage>;
  /** Whether the image is there with all that its manifest names. */
  has(digest: Digest): Promise<boolean>;
  /** Says that a build is running: until the returned function is called, nothing that is used from now on is collected. */
  begin(): () => void;
  /** Removes what is not in `keep`, nor named by what is, and was not used for `graceMs`. `layers` may be manifests and indexes too. */
  collect(keep: { images: Iterable<Digest>; layers: Iterable<Digest> }, graceMs: number): Promise<Collected>;
  /** Removes these images, their unpacked copies, what refers to them and what only they had. What is in `keep` stays though no image may name it: layers, manifests, indexes. */
  remove(digests: Iterable<Digest>, keep: Iterable<Digest>): Promise<Collected>;
  /** The images that are listed, also those for several platforms. */
  list(): Digest[];
  /** What images take on this machine. */
  usage(): Promise<ImagesUsage>;
  /** What an image consists of. Throws `image.not-found`, `image.corrupt`. */
  describe(digest: Digest): Promise<ImageDescription>;
  /** Which of these absolute folders an image has something in; what only its base has does not count. Throws `image.not-found`, `image.corrupt`. */
  findContent(digest: Digest, folders: readonly string[]): Promise<readonly string[]>;
  /** The blobs of the layout: layers, configurations, manifests. */
  blobs: BlobStore;
  /** Which manifests refer to which image. */
  referrers: Referrers;
  /** Room for what comes from elsewhere. */
  space: DiskSpace;
  /** Removes a folder with all that is in it, without blocking. */
  removeFolder(folder: string): Promise<void>;
  /** Starts the worker ahead of its first use. */
  warm(): void;
  close(): Promise<void>;
}

/** Blobs that nothing has named yet stay for so long when images are removed: a push to the registry brings them before the manifest. */
const orphanGraceMs = 3_600_000;
/** A blob on its way of which nothing came for so long is given up. */
const partialGraceMs = 86_400_000;

export async function openImages(deps: ImagesDeps): Promise<Images> {
  const { clock, log, bootId } = deps;
  const paths = makePaths(deps.home);
  for (const folder of [paths.unpacked, paths.records, paths.archives, join(paths.pool, "drafts")])
    await mkdir(folder, { recursive: true });
  const blobs = makeBlobStore(paths, clock);
  const referrers = makeReferrers(paths);
  const space = makeDiskSpace(() => freeBytesOf(paths.layout));
  const index = await openIndex(paths);
  const worker = makeWorker({ paths, compression: deps.compression ?? "gzip" });
  const closing = new AbortController();
  const uniqueName = () => Buffer.from(deps.random.bytes(8)).toString("hex");
  const diffIds = makeDiffIds(paths, clock, uniqueName);
  const unpacker = makeUnpacker({ paths, worker, clock, log, bootId, uniqueName, closing: closing.signal });
  const assembler = makeAssembler({ paths, clock, blobs, index, diffIds, unpacker, settle });
  /** When each running build began. */
  const builds = new Set<{ since: number }>();
  await removeLeftovers({ paths, worker, bootId, log, closing: closing.signal });

  async function readParts(digest: Digest): Promise<ImageParts> {
    const manifest: Manifest = JSON.parse((await readBlob(paths, digest)).toString());
    const config: ImageConfig = JSON.parse((await readBlob(paths, manifest.config.digest)).toString());
    if (isOurs(manifest, config)) return { digest, manifest, config };
    throw new BerthError("image.unfit", `The image ${digest} was not made by Berth and can run in containers alone.`, {
      path: digest,
      hint: "Run it with BERTH_RUNTIME=docker, or let Berth build the app without a Dockerfile.",
    });
  }

  async function settle(layer: Digest): Promise<void> {
    await worker.call("settle", [layer]);
    if (await touchBlob(paths, layer, clock.now())) return;
    throw new BerthError("image.not-found", `There is no layer ${layer}.`, {
      path: layer,
      hint: "Deploy the app again.",
    });
  }

  function collect(keep: ReadonlySet<Digest>, graceMs: number, orphanMs: number): Promise<Collected> {
    const now = clock.now();
    const before = Math.min(now - graceMs, ...[...builds].map((build) => build.since));
    const spec = { keep, before, orphansBefore: Math.min(before, now - orphanMs), partialBefore: now - partialGraceMs };
    return collectImages({ paths, index, referrers, diffIds, worker, removeCopy: unpacker.remove }, spec);
  }

  return {
    treeLayer: (spec) => makeTreeLayer(worker, spec),
    folderLayer: (spec, baseline, previous) =>
      worker.call("folderLayer", [spec, appPaths(spec.writable ?? []), baseline ?? null, previous ?? null]),
    async archiveLayer(chunks) {
      const layer = await makeArchiveLayer(worker, chunks);
      await settle(layer.digest);
      await diffIds.add(layer);
      return layer;
    },
    findLayer: (diffId) => diffIds.find(diffId),
    hasLayer: (digest) => touchBlob(paths, digest, clock.now()),
    async readLayer(digest, folder) {
      await settle(digest);
      return await worker.call("readLayer", [digest, folder]);
    },
    settle,
    extract: (layer, prefix, folder) => worker.call("extract", [layer, prefix, folder]),
    restore: (layer, prefix, folder, sinceNs) => worker.call("restore", [layer, prefix, folder, sinceNs]),
    assemble: (spec, lineage) => assembler.assemble(spec, lineage ?? null),
    assembleForeign: assembler.assembleForeign,
    assembleIndex: assembler.assembleIndex,
    unpack: async (digest) => unpacker.unpack(await readParts(digest), null),
    has: (digest) => isWhole(blobs, digest),
    begin() {
      const build = { since: clock.now() };
      builds.add(build);
      return () => void builds.delete(build);
    },
    collect: (keep, graceMs) => collect(new Set([...keep.images, ...keep.layers]), graceMs, graceMs),
    remove: (digests, keep) =>
      collect(new Set([...new Set(index.list()).difference(new Set(digests)), ...keep]), 0, orphanGraceMs),
    list: () => index.list(),
    usage: () => measureUsage({ paths, blobs, index, referrers, worker }),
    describe: (digest) => describeImage(blobs, digest),
    async findContent(digest, folders) {
      const { layers, annotations } = await describeImage(blobs, digest);
      // Bases have nothing where apps lie, and all that an engine has made may have something anywhere.
      const own = layers.slice(baseLayerCount({ annotations })).map((layer) => layer.digest);
      const paths = folders.map((folder) => folder.replace(/^\/+/, ""));
      return (await worker.call("findContent", [own, paths])).map((path) => `/${path}`);
    },
    blobs,
    referrers,
    space,
    removeFolder: (folder) => worker.call("remove", [folder]),
    warm: () => worker.warm(),
    async close() {
      closing.abort();
      await worker.close();
    },
  };
}
