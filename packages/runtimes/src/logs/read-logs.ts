import { existsSync, watch } from "node:fs";
import type { LogLine, LogOptions } from "@berth/core";
import { LogReader, loggedInstances } from "./log-reader.ts";

/** A look at the files even where the kernel tells nothing of them. */
const lookEveryMs = 1_000;

/**
 * The newest lines of all instances that have a log in this folder, merged by time, and then, following, each new one as it is
 * written, until the signal aborts or the logs are removed. It reads files only, so it does not matter which keeper or server wrote them.
 */
export async function* readLogs(folder: string, options: LogOptions): AsyncGenerator<LogLine> {
  const readers = new Map<string, LogReader>();
  const changes = options.follow ? watchFolder(folder, options.signal) : null;
  try {
    yield* merge(await openAll(folder, readers, options.tail)).slice(options.tail === 0 ? Infinity : -options.tail);
    if (!changes) return;
    while (!options.signal.aborted) {
      const fresh = await openNew(folder, readers);
      const batches = await Promise.all([...readers.values()].map((reader) => reader.next()));
      const lines = merge([fresh, ...batches]);
      for (const line of lines) {
        if (options.signal.aborted) return;
        yield line;
      }
      if (lines.length > 0) continue;
      if (!existsSync(folder)) return;
      await changes.next();
    }
  } finally {
    changes?.close();
    await Promise.all([...readers.values()].map((reader) => reader.close()));
  }
}

async function openAll(folder: string, readers: Map<string, LogReader>, tail: number): Promise<LogLine[][]> {
  return Promise.all(
    (await loggedInstances(folder)).map((instance) => {
      const reader = new LogReader(folder, instance);
      readers.set(instance, reader);
      return reader.tail(tail);
    }),
  );
}

/** What instances that are new since the last look have written so far. */
async function openNew(folder: string, readers: Map<string, LogReader>): Promise<LogLine[]> {
  const fresh = (await loggedInstances(folder)).filter((instance) => !readers.has(instance));
  const lines = fresh.map((instance) => {
    const reader = new LogReader(folder, instance);
    readers.set(instance, reader);
    return reader.tail(Number.MAX_SAFE_INTEGER);
  });
  return (await Promise.all(lines)).flat();
}

/** By time; lines of one instance keep their order. */
function merge(batches: readonly LogLine[][]): LogLine[] {
  return batches.flat().sort((a, b) => a.at - b.at);
}

/** `next` resolves when something in the folder has changed since the last call, after a while, or when the signal aborts. */
function watchFolder(folder: string, signal: AbortSignal): { next(): Promise<void>; close(): void } {
  let hasChanged = false;
  let wake: (() => void) | null = null;
  const notify = () => {
    hasChanged = true;
    wake?.();
  };
  const watcher = startWatcher(folder, notify);
  signal.addEventListener("abort", notify, { once: true });
  return {
    async next() {
      if (!hasChanged && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, lookEveryMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = null;
      hasChanged = false;
    },
    close() {
      signal.removeEventListener("abort", notify);
      watcher?.close();
    },
  };
}

/** Null where the kernel has no watch left to give, or the folder is not there: then it is looked at from time to time. */
function startWatcher(folder: string, notify: () => void): { close(): void } | null {
  try {
    const watcher = watch(folder, notify);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
