import { join } from "node:path";
import type { Digest } from "@berth/core";
import { blobUsedAt } from "../layout/blobs.ts";
import type { DiffIds } from "../layout/diff-ids.ts";
import type { ImageIndex } from "../layout/index-file.ts";
import { hexOf } from "../layout/paths.ts";
import type { ImagePaths } from "../layout/paths.ts";
import type { Referrers } from "../layout/referrers.ts";
import { sparePrefix } from "../unpack/unpack.ts";
import type { ImagesWorker } from "../worker/client.ts";
import { reach } from "./reach.ts";
import { readdirOrNone, statOrNull, sweepBlobs, sweepPartial } from "./sweep-blobs.ts";

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
  referrers: Referrers;
  diffIds: DiffIds;
  worker: ImagesWorker;
  removeCopy(folder: string): Promise<void>;
}

/** What is collected. All times in ms since the epoch. */
export interface CollectSpec {
  /** Images, indexes, other manifests and layers that stay, with all that they lead to. */
  keep: ReadonlySet<Digest>;
  /** Images used since then stay. */
  before: number;
  /** Blobs that belonged to no image that is removed stay where they were used since then: a push or a build may be about to name them. */
  orphansBefore: number;
  /** Blobs on their way of which something came since then stay. */
  partialBefore: number;
}

/** Removes images, unpacked copies and shared contents that nothing names: mark and sweep over the layout. Whatever a manifest that stays leads to stays. */
export async function collectImages(deps: CollectDeps, spec: CollectSpec): Promise<Collected> {
  const { paths, index, referrers } = deps;
  // As it is now: an image that is made from here on is not even looked at.
  const listed = index.list();
  const recent: Digest[] = [];
  for (const digest of listed) {
    if (((await blobUsedAt(paths, digest)) ?? 0) >= spec.before) recent.push(digest);
  }
  const marked = await reach(paths, referrers, [...spec.keep, ...recent]);
  const images = listed.filter((digest) => !marked.has(digest));
  const owned = await reach(paths, referrers, images);
  // The list first: it may lack an image that is there, but must not name one that is not.
  await index.remove(images);
  for (const digest of images) await referrers.removeAll(digest);
  const limit = (digest: Digest) => {
    if (marked.has(digest)) return null;
    return owned.has(digest) ? spec.before : Math.min(spec.before, spec.orphansBefore);
  };
  let freedBytes = await sweepBlobs(paths, limit);
  freedBytes += await sweepPartial(paths, spec.partialBefore);
  await sweepReferrers(deps, spec);
  await deps.diffIds.sweep();
  const copies = await sweepCopies(deps, marked, spec.before);
  await sweepSpares(deps);
  freedBytes += await deps.worker.call("sweepPool", []);
  freedBytes += await deps.worker.call("sweepArchives", []);
  return { images, copies, freedBytes };
}

/** Forgets what referred to images that are gone. Something may be told of before its subject has come, so what is new stays. */
async function sweepReferrers({ paths, referrers }: CollectDeps, { orphansBefore }: CollectSpec): Promise<void> {
  for (const name of await readdirOrNone(paths.referrers)) {
    const subject: Digest = `sha256:${name}`;
    if ((await blobUsedAt(paths, subject)) !== null) continue;
    const noted = await statOrNull(join(paths.referrers, hexOf(subject)));
    if (noted !== null && noted.mtimeMs < orphansBefore) await referrers.removeAll(subject);
  }
}

async function sweepCopies(deps: CollectDeps, marked: ReadonlySet<Digest>, before: number): Promise<number> {
  let copies = 0;
  for (const name of await readdirOrNone(deps.paths.unpacked)) {
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
  for (const name of await readdirOrNone(deps.paths.unpacked)) {
    if (!name.startsWith(sparePrefix)) continue;
    const folder = join(deps.paths.unpacked, name);
    found.push({ folder, madeAt: (await statOrNull(folder))?.mtimeMs ?? 0 });
  }
  found.sort((a, b) => b.madeAt - a.madeAt);
  for (const { folder } of found.slice(mostSpares)) await deps.removeCopy(folder);
}
