import type { Digest } from "@berth/core";
import type { Layer, LayerEntry } from "../layer/entry.ts";
import type { LayerStore } from "./layer-store.ts";
import { Problem } from "./problem.ts";

/** What can be told of layers from what is in them. */
export function makeContentTasks(store: LayerStore) {
  /** Null for a layer that is not as ours are. */
  async function entriesOf(digest: Digest): Promise<readonly LayerEntry[] | null> {
    try {
      return (await store.record(digest)).entries;
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  }

  return {
    /** A layer as its blob alone tells of it. Throws `image.unfit` where something in it lies outside of a folder. */
    async readLayer(digest: Digest, folder: string): Promise<Layer> {
      const { mediaType, diffId, sizeBytes, entries } = await store.record(digest);
      const outside = entries.find(({ path }) => path !== folder && !path.startsWith(`${folder}/`));
      if (outside !== undefined) {
        const message = `The layer ${digest} has ${outside.path}, which is not below /${folder}.`;
        throw new Problem("image.unfit", message, outside.path, "Deploy the app again to make it anew.");
      }
      return { mediaType, digest, diffId, sizeBytes, files: entries.length };
    },

    /** Which of these folders, as paths of the image, any of the layers has something in. Where a layer cannot be read, it may be all of them. */
    async findContent(layers: readonly Digest[], folders: readonly string[]): Promise<string[]> {
      const found = new Set<string>();
      for (const layer of layers) {
        if (found.size === folders.length) break;
        const entries = await entriesOf(layer);
        if (entries === null) return [...folders];
        for (const folder of folders) {
          if (!found.has(folder) && entries.some(({ path }) => path.startsWith(`${folder}/`))) found.add(folder);
        }
      }
      return [...found];
    },
  };
}
