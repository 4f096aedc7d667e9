import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import { blobUsedAt, readBlob } from "./layout/blobs.ts";
import type { ImageIndex } from "./layout/index-file.ts";
import { blobPath } from "./layout/paths.ts";
import type { ImagePaths } from "./layout/paths.ts";
import type { Manifest } from "./manifest.ts";
import { sparePrefix } from "./unpack/unpack.ts";
import type { ImagesWorker } from "./worker/client.ts";

/** For so many services the next deploy is prepared. */
const mostSpares = 16;

export interface Collected {
  /** Digests of the images that were removed. */
  images: Digest[];
  /** How many unpacked copies were removed. */
  copies: number;
  freedBytes: number;
}

export interface CollectDeps {
  paths: ImagePaths;
  index: ImageIndex;
  worker: ImagesWorker;
  removeCopy(folder: string): Promise<void>;
}

/**
 * Removes images, unpacked copies and shared contents that nothing names. What was used at `before` (ms since the epoch) or later stays, and
 * so does whatever a manifest that stays names: mark and sweep over the layout.
 */
export async function collectImages(
  deps: CollectDeps,
  keep: { images: ReadonlySet<Digest>; layers: ReadonlySet<Digest> },
  before: number,
): Promise<Collected> {
  const { paths, index } = deps;
  const images: Digest[] = [];
  const marked = new Set<Digest>([...keep.images, ...keep.layers]);
  for (const digest of new Set([...index.list(), ...keep.images])) {
    const usedAt = await blobUsedAt(paths, digest);
    const stays = usedAt !== null && (keep.images.has(digest) || usedAt >= before);
    if (!stays) {
      images.push(digest);
      continue;
    }
    marked.add(digest);
    const manifest: Manifest = JSON.parse((await readBlob(paths, digest)).toString());
    for (const part of [manifest.config, ...manifest.layers]) marked.add(part.digest);
  }
  // The list first: it may lack an image that is there, but must not name one that is not.
  await index.remove(images);
  let freedBytes = await sweepBlobs(paths, marked, before);
  const copies = await sweepCopies(deps, marked, before);
  await sweepSpares(deps);
  freedBytes += await deps.worker.call("sweepPool", []);
  return { images, copies, freedBytes };
}

async function sweepBlobs(paths: ImagePaths, marked: ReadonlySet<Digest>, before: number): Promise<number> {
  let freed = 0;
  for (const name of await readdir(paths.blobs)) {
    const digest: Digest = `sha256:${name}`;
    if (marked.has(digest)) continue;
    const path = blobPath(paths, digest);
    const found = await statOrNull(path);
    if (found === null || found.mtimeMs >= before) continue;
    await rm(path, { force: true });
    await rm(join(paths.records, `${name}.json`), { force: true });
    freed += found.size;
  }
  return freed;
}

async function sweepCopies(deps: CollectDeps, marked: ReadonlySet<Digest>, before: number): Promise<number> {
  let copies = 0;
  for (const name of await readdir(deps.paths.unpacked)) {
    if (name.startsWith(".") || marked.has(`sha256:${name}`)) continue;
    const folder = join(deps.paths.unpacked, name);
    const found = await statOrNull(folder);
    if (found === null || found.mtimeMs >= before) continue;
    await deps.removeCopy(folder);
    copies++;
  }
  return copies;
}

/** Keeps the spares of the services that were deployed last. */
async function sweepSpares(deps: CollectDeps): Promise<void> {
  const found = [];
  for (const name of await readdir(deps.paths.unpacked)) {
    if (!name.startsWith(sparePrefix)) continue;
    const folder = join(deps.paths.unpacked, name);
    found.push({ folder, madeAt: (await statOrNull(folder))?.mtimeMs ?? 0 });
  }
  found.sort((a, b) => b.madeAt - a.madeAt);
  for (const { folder } of found.slice(mostSpares)) await deps.removeCopy(folder);
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
