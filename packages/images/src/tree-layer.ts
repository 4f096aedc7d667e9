import type { Digest, SourceTree, TreeEntry } from "@berth/core";
import { feed } from "./feed.ts";
import type { Layer } from "./layer/entry.ts";
import { encodeFiles } from "./layer/tree-files.ts";
import { appPaths } from "./manifest.ts";
import type { ImagesWorker } from "./worker/client.ts";

export interface TreeLayerSpec {
  source: SourceTree;
  /** The files of the source that it is to contain. */
  entries: readonly TreeEntry[];
  /** The folder of the image that they go to. */
  prefix: string;
  /** A layer that is likely to have much in common; null where there is none. */
  previous: Digest | null;
  /** Folders, relative to the app's, that belong to whoever runs in the image. They are there though they be empty. Default: none. */
  writable?: readonly string[];
  signal: AbortSignal;
}

/** The layer of a source tree and how many files had to be read for it: only those that the previous layer lacks. */
export async function makeTreeLayer(
  worker: ImagesWorker,
  spec: TreeLayerSpec,
): Promise<{ layer: Layer; changed: number }> {
  const { entries, signal } = spec;
  signal.throwIfAborted();
  const begun = await worker.call("beginTree", [
    spec.prefix,
    encodeFiles(entries),
    appPaths(spec.writable ?? []),
    spec.previous,
  ]);
  if (begun.done) return { layer: begun.layer, changed: 0 };
  const { draft, needed } = begun;
  try {
    const wanted = needed.flatMap((index) => entries[index] ?? []);
    await feed(worker, draft, wanted.length === 0 ? [] : spec.source.contents(wanted), signal);
    return { layer: await worker.call("endTree", [draft]), changed: needed.length };
  } catch (error) {
    await worker.call("abortTree", [draft]);
    throw error;
  }
}
