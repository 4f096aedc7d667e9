import type { Compression } from "../layer/compression.ts";
import type { ImagePaths } from "../layout/paths.ts";
import { makeArchiveTasks } from "./archive-tasks.ts";
import { makeBreathe } from "./breathe.ts";
import { makeContentTasks } from "./content-tasks.ts";
import { makeCopyTasks } from "./copy-tasks.ts";
import { makeLayerStore } from "./layer-store.ts";
import { makeLayerTasks } from "./layer-tasks.ts";

/** What the worker is told when it starts. */
export interface WorkerSettings {
  paths: ImagePaths;
  /** Of the layers that are made. */
  compression: Compression;
}

/** All heavy work on layers and copies, in the terms of the thread that asks. Each call may take long; none blocks another for long. */
export function makeTasks({ paths, compression }: WorkerSettings) {
  const store = makeLayerStore(paths);
  const breathe = makeBreathe();
  return {
    ...makeLayerTasks(store, compression, breathe),
    ...makeArchiveTasks(store, compression),
    ...makeCopyTasks(paths, store, breathe),
    ...makeContentTasks(store),

    /** Removes archives that can be made again and are not likely to be used soon; returns the bytes that became free. */
    sweepArchives: (): number => store.sweepArchives(),

    /** Removes all archives, which can be made again: the disk is full. */
    makeRoom: (): void => store.clearArchives(),
  };
}

export type Tasks = ReturnType<typeof makeTasks>;
