import { mkdirSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import type { Breathe } from "../layer/compressor.ts";
import type { ImagePaths } from "../layout/paths.ts";
import { findDamage, writeCopy } from "../unpack/copy.ts";
import { mergeLayers } from "../unpack/merge.ts";
import type { MergedEntry } from "../unpack/merge.ts";
import { measureFolder } from "../usage/measure-folder.ts";
import { makePool, sweepGroup } from "../unpack/pool.ts";
import { removeTree } from "../unpack/remove.ts";
import { restoreCopy } from "../unpack/restore.ts";
import { changeCopy, keepSpare, takeSpare } from "../unpack/spare.ts";
import type { LayerStore } from "./layer-store.ts";

/** Where a service's spare copy is kept, and the start of the machine that one has to be made after to be whole. */
export interface Spare {
  path: string;
  boot: string;
}

/** The making, checking and removing of copies of images. */
export function makeCopyTasks(paths: ImagePaths, store: LayerStore, breathe: Breathe) {
  const pool = makePool(paths.pool);

  const archiveIn = (layers: readonly Digest[]) => (index: number) => {
    const digest = layers[index];
    if (digest === undefined) throw new RangeError(`no layer ${index}`);
    return store.archive(digest);
  };

  async function merge(layers: readonly Digest[]): Promise<MergedEntry[]> {
    const entries = [];
    for (const digest of layers) entries.push((await store.record(digest)).entries);
    return mergeLayers(entries);
  }

  /** What layers contain; null where they are no longer known. */
  async function mergeIfThere(layers: readonly Digest[]): Promise<MergedEntry[] | null> {
    return layers.length > 0 && layers.every((digest) => store.isThere(digest)) ? merge(layers) : null;
  }

  /** What a layer has below a folder of the image, with paths relative to that. */
  async function entriesBelow(layer: Digest, prefix: string): Promise<MergedEntry[]> {
    const below = `${prefix}/`;
    return (await merge([layer]))
      .filter(({ entry }) => entry.path.startsWith(below))
      .map((merged) => ({ ...merged, entry: { ...merged.entry, path: merged.entry.path.slice(below.length) } }));
  }

  return {
    /** Makes `folder` a read-only copy of layers on top of each other, out of the service's spare where there is one that helps. */
    async unpack(
      layers: readonly Digest[],
      folder: string,
      writable: readonly string[],
      spare: Spare | null,
    ): Promise<void> {
      const entries = await merge(layers);
      const root = join(folder, "root");
      const options = { root, archive: archiveIn(layers), writable, pool, breathe };
      const note = spare === null ? null : takeSpare(spare.path, folder);
      const before = note === null || note.boot !== spare?.boot ? null : await mergeIfThere(note.layers);
      if (before !== null) return changeCopy(before, entries, options);
      await removeTree(folder, breathe);
      mkdirSync(root, { recursive: true });
      await writeCopy(entries, options);
    },

    /** Makes a spare of layers ahead of time, in `draft` at first. */
    async prepareSpare(layers: Digest[], draft: string, spare: Spare): Promise<void> {
      if (existsSync(spare.path)) return;
      const root = join(draft, "root");
      mkdirSync(root, { recursive: true });
      await writeCopy(await merge(layers), { root, archive: archiveIn(layers), writable: [], pool, breathe });
      keepSpare(draft, spare.path, { layers, boot: spare.boot });
    },

    /** Writes what a layer has below `prefix` into a folder, as files of its own that may be changed. */
    async extract(layer: Digest, prefix: string, folder: string): Promise<void> {
      const entries = await entriesBelow(layer, prefix);
      await writeCopy(entries, { root: folder, archive: archiveIn([layer]), writable: "all", pool, breathe });
    },

    /** Makes a folder again what `extract` has made it. */
    async restore(layer: Digest, prefix: string, folder: string, sinceNs: bigint): Promise<void> {
      const entries = await entriesBelow(layer, prefix);
      await restoreCopy(entries, sinceNs, { root: folder, archive: archiveIn([layer]), pool, breathe });
    },

    /** The first path of a copy that is not what the layers say, or null. A shared content that is damaged leaves the pool. */
    async verify(layers: readonly Digest[], root: string, writable: readonly string[]): Promise<string | null> {
      const entries = await merge(layers);
      const bad = await findDamage(entries, root, writable, breathe);
      if (bad === null) return null;
      for (const { entry } of entries) {
        await breathe();
        if (entry.type === "file") pool.check(entry);
      }
      return bad.entry.path;
    },

    async remove(folder: string): Promise<void> {
      await removeTree(folder, breathe);
    },

    /** The bytes of all files below a folder; 0 where there is none. */
    measure: (folder: string): Promise<number> => measureFolder(folder, breathe),

    /** Removes contents that no copy shares any more; returns the bytes that became free. */
    async sweepPool(): Promise<number> {
      let freed = 0;
      for (const group of readdirSync(paths.pool)) {
        if (group === "drafts") continue;
        await breathe();
        const folder = join(paths.pool, group);
        freed += sweepGroup(folder, readdirSync(folder));
      }
      return freed;
    },
  };
}
