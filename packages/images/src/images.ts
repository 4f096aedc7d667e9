import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/core";
import type { Clock, Digest, Log, Random } from "@berth/core";
import { collectImages } from "./collect.ts";
import type { Collected } from "./collect.ts";
import { describeImage } from "./describe.ts";
import type { ImageDescription } from "./describe.ts";
import type { Layer } from "./layer/entry.ts";
import type { FolderLayerSpec } from "./layer/folder-layer.ts";
import { makeBlobStore } from "./layout/blob-store.ts";
import type { BlobStore } from "./layout/blob-store.ts";
import { putBlob, readBlob, touchBlob } from "./layout/blobs.ts";
import { openIndex } from "./layout/index-file.ts";
import { makePaths } from "./layout/paths.ts";
import { makeReferrers } from "./layout/referrers.ts";
import type { Referrers } from "./layout/referrers.ts";
import { makeImage } from "./manifest.ts";
import type { ImageConfig, ImageSpec, Manifest } from "./manifest.ts";
import { makeTreeLayer } from "./tree-layer.ts";
import type { TreeLayerSpec } from "./tree-layer.ts";
import { draftPrefix, makeUnpacker } from "./unpack/unpack.ts";
import type { ImageParts, UnpackedImage } from "./unpack/unpack.ts";
import { makeWorker } from "./worker/client.ts";

export interface ImagesDeps {
  /** BERTH_HOME. One process at a time may use it. */
  home: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** See `readBootId`. */
  bootId: string;
}

/** Images of this installation: layers, the OCI layout they are kept in, and unpacked copies of them. */
export interface Images {
  /** A layer of files of a source tree, made from a previous layer where one is given. */
  treeLayer(spec: TreeLayerSpec): Promise<{ layer: Layer; changed: number }>;
  /** A layer of files of this machine; with a baseline, of what differs from that layer, which they were extracted from. */
  folderLayer(spec: FolderLayerSpec, baseline?: Digest): Promise<Layer>;
  /** Whether a layer is there; it counts as used now. */
  hasLayer(digest: Digest): Promise<boolean>;
  /** Resolves when a layer that was just made is safe on the disk. */
  settle(digest: Digest): Promise<void>;
  /** Writes what a layer has below `prefix` into a folder, as private files that may be changed. */
  extract(layer: Digest, prefix: string, folder: string): Promise<void>;
  /** Makes an image of layers. When it resolves the image is safe on the disk, is listed, and has an unpacked copy. `lineage` names what it is the next image of. */
  assemble(spec: ImageSpec, lineage?: string): Promise<{ digest: Digest; sizeBytes: number }>;
  /** The read-only copy of an image, made where it is not there yet. */
  unpack(digest: Digest): Promise<UnpackedImage>;
  /** Whether the image is there whole by its manifest. */
  has(digest: Digest): Promise<boolean>;
  /** Says that a build is running: until the returned function is called, nothing that is used from now on is collected. */
  begin(): () => void;
  /** Removes what is not in `keep` and was not used for `graceMs`. */
  collect(keep: { images: Iterable<Digest>; layers: Iterable<Digest> }, graceMs: number): Promise<Collected>;
  /** Removes these images, their unpacked copies and what only they had; `keepLayers` stay though no image may name them. */
  remove(digests: Iterable<Digest>, keepLayers: Iterable<Digest>): Promise<Collected>;
  /** What an image consists of. Throws `image.not-found`, `image.corrupt`. */
  describe(digest: Digest): Promise<ImageDescription>;
  /** The blobs of the layout: layers, configurations, manifests. */
  blobs: BlobStore;
  /** Which manifests refer to which image. */
  referrers: Referrers;
  /** Removes a folder with all that is in it, without blocking. */
  removeFolder(folder: string): Promise<void>;
  /** Starts the worker ahead of its first use. */
  warm(): void;
  close(): Promise<void>;
}

export async function openImages(deps: ImagesDeps): Promise<Images> {
  const { clock } = deps;
  const paths = makePaths(deps.home);
  for (const folder of [paths.unpacked, paths.records, join(paths.pool, "drafts")])
    await mkdir(folder, { recursive: true });
  const blobs = makeBlobStore(paths, clock);
  const index = await openIndex(paths);
  const worker = makeWorker(paths);
  const closing = new AbortController();
  const uniqueName = () => Buffer.from(deps.random.bytes(8)).toString("hex");
  const unpacker = makeUnpacker({
    paths,
    worker,
    clock,
    log: deps.log,
    bootId: deps.bootId,
    uniqueName,
    closing: closing.signal,
  });
  /** When each running build began. */
  const builds = new Set<{ since: number }>();
  await removeLeftovers();

  /** Removes what a crash left half-made; each has a name of its own, so nothing has to wait for it. */
  async function removeLeftovers(): Promise<void> {
    const contents = join(paths.pool, "drafts");
    const copies = (await readdir(paths.unpacked)).filter((name) => name.startsWith(draftPrefix));
    const left = [
      ...copies.map((name) => join(paths.unpacked, name)),
      ...(await readdir(paths.drafts)).map((name) => join(paths.drafts, name)),
      ...(await readdir(contents)).map((name) => join(contents, name)),
    ];
    for (const path of left) {
      worker.call("remove", [path]).catch((error: unknown) => {
        if (!closing.signal.aborted) deps.log.warn({ path, error }, "What a crash left could not be removed");
      });
    }
  }

  async function readParts(digest: Digest): Promise<ImageParts> {
    const manifest: Manifest = JSON.parse((await readBlob(paths, digest)).toString());
    const config: ImageConfig = JSON.parse((await readBlob(paths, manifest.config.digest)).toString());
    return { digest, manifest, config };
  }

  async function settle(layer: Digest): Promise<void> {
    await worker.call("settle", [layer]);
    if (await touchBlob(paths, layer, clock.now())) return;
    throw new BerthError("image.not-found", `There is no layer ${layer}.`, {
      path: layer,
      hint: "Deploy the app again.",
    });
  }

  async function assemble(spec: ImageSpec, lineage?: string) {
    const made = makeImage(spec);
    // The copy needs no flush to the disk, so it is made while the layers get theirs.
    const copy = unpacker.unpack(made, lineage ?? null);
    copy.catch(() => {});
    await Promise.all([
      putBlob(paths, made.configText, clock.now()),
      ...spec.layers.map((layer) => settle(layer.digest)),
    ]);
    // The manifest last: where it is, all that it names is there.
    await putBlob(paths, made.manifestText, clock.now());
    await index.add(made.digest, Buffer.byteLength(made.manifestText), {});
    await copy;
    return { digest: made.digest, sizeBytes: made.sizeBytes };
  }

  function collect(kept: Set<Digest>, layers: Iterable<Digest>, graceMs: number): Promise<Collected> {
    const before = Math.min(clock.now() - graceMs, ...[...builds].map((build) => build.since));
    const keep = { images: kept, layers: new Set(layers) };
    return collectImages({ paths, index, worker, removeCopy: unpacker.remove }, keep, before);
  }

  return {
    treeLayer: (spec) => makeTreeLayer(worker, spec),
    folderLayer: (spec, baseline) => worker.call("folderLayer", [spec, baseline ?? null]),
    hasLayer: (digest) => touchBlob(paths, digest, clock.now()),
    settle,
    extract: (layer, prefix, folder) => worker.call("extract", [layer, prefix, folder]),
    assemble,
    unpack: async (digest) => unpacker.unpack(await readParts(digest), null),
    has: (digest) => touchBlob(paths, digest, clock.now()),
    begin() {
      const build = { since: clock.now() };
      builds.add(build);
      return () => void builds.delete(build);
    },
    collect: (keep, graceMs) => collect(new Set(keep.images), keep.layers, graceMs),
    remove: (digests, keepLayers) => collect(new Set(index.list()).difference(new Set(digests)), keepLayers, 0),
    describe: (digest) => describeImage(blobs, digest),
    blobs,
    referrers: makeReferrers(paths),
    removeFolder: (folder) => worker.call("remove", [folder]),
    warm: () => worker.warm(),
    async close() {
      closing.abort();
      await worker.close();
    },
  };
}
