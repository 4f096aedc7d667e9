import { lstat, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Digest, Log } from "@berth/core";
import { appFolder } from "@berth/images";
import type { Images, Layer } from "@berth/images";

/** Copies of dependency layers that builds have worked in: to make one whole again is faster than to write a new one. */
export interface PreparedCopies {
  /** Lays the files of a layer out as `folder`, which is not there yet. */
  layOut(layer: Layer, folder: string): Promise<void>;
  /** Keeps what a build has left of such a folder for the next. */
  keep(layer: Layer, folder: string): Promise<void>;
  /** Removes those that were not used since `before` (ms since the epoch). */
  prune(before: number): Promise<void>;
}

interface Kept {
  path: string;
  sinceNs: bigint;
  usedAt: number;
}

/** So many are kept, each as large as the dependencies of an app. */
const mostKept = 4;

interface PreparedDeps {
  home: string;
  images: Pick<Images, "extract" | "restore" | "removeFolder">;
  clock: Pick<Clock, "now">;
  log: Log;
}

/** Only copies of this process are used: what a crash of the machine left may lack what was not on the disk yet. */
export function makePreparedCopies({ home, images, clock, log }: PreparedDeps): PreparedCopies {
  const top = join(home, "cache", "prepared");
  const kept = new Map<Digest, Kept>();
  /** When the folders that are in use were written. */
  const written = new Map<string, bigint>();
  let emptied: Promise<void> | null = null;
  let count = 0;

  async function drop(digest: Digest): Promise<void> {
    const path = kept.get(digest)?.path;
    kept.delete(digest);
    if (path !== undefined) await images.removeFolder(path);
  }

  async function reuse(layer: Layer, folder: string): Promise<boolean> {
    const found = kept.get(layer.digest);
    if (found === undefined) return false;
    kept.delete(layer.digest);
    try {
      await rename(found.path, folder);
      await images.restore(layer.digest, appFolder, folder, found.sinceNs);
    } catch (error) {
      // A build may leave what its user cannot remove in one go; a new copy does not ask what was before.
      log.debug({ error, layer: layer.digest }, "A copy of dependencies could not be made whole again");
      await images.removeFolder(folder);
      await images.removeFolder(found.path);
      return false;
    }
    written.set(folder, found.sinceNs);
    return true;
  }

  return {
    async layOut(layer, folder) {
      await (emptied ??= images.removeFolder(top));
      if (await reuse(layer, folder)) return;
      await mkdir(folder, { recursive: true });
      await images.extract(layer.digest, appFolder, folder);
      written.set(folder, await tick(join(folder, "..", "tick")));
    },
    async keep(layer, folder) {
      const sinceNs = written.get(folder);
      written.delete(folder);
      // Of two builds at once one is enough.
      if (sinceNs === undefined || kept.has(layer.digest)) return;
      await mkdir(top, { recursive: true });
      const path = join(top, String(++count));
      await rename(folder, path);
      kept.set(layer.digest, { path, sinceNs, usedAt: clock.now() });
      const oldest = [...kept].sort(([, a], [, b]) => b.usedAt - a.usedAt).slice(mostKept);
      for (const [digest] of oldest) await drop(digest);
    },
    async prune(before) {
      const old = [...kept].filter(([, { usedAt }]) => usedAt < before);
      for (const [digest] of old) await drop(digest);
    },
  };
}

/** A time of last change that everything written by now has, and nothing that is written from now on: the disk's clock goes in steps of some milliseconds. */
async function tick(path: string): Promise<bigint> {
  const touch = async () => {
    await writeFile(path, "");
    return (await lstat(path, { bigint: true })).ctimeNs;
  };
  const first = await touch();
  while ((await touch()) <= first);
  return first;
}
