import type { Digest } from "@berth/core";
import type { Breathe } from "../layer/folder-layer.ts";
import type { LayerEntry } from "../layer/entry.ts";

/** How long a task may go on before others have a turn. */
const turnMs = 20;

/** Lets the thread serve other calls now and then; costs nothing in between. */
export function makeBreathe(): Breathe {
  let since = performance.now();
  let calls = 0;
  const goOn = Promise.resolve();
  return () => {
    if (++calls % 32 !== 0 || performance.now() - since < turnMs) return goOn;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}

/** So many entries of layers are kept in memory at most: about 50 MB. */
const mostEntries = 150_000;

/** The records of the layers that were used last. */
export function makeRecordCache(load: (digest: Digest) => LayerEntry[]) {
  const known = new Map<Digest, readonly LayerEntry[]>();
  let total = 0;
  const forget = (digest: Digest) => {
    total -= known.get(digest)?.length ?? 0;
    known.delete(digest);
  };
  const set = (digest: Digest, entries: readonly LayerEntry[]) => {
    forget(digest);
    known.set(digest, entries);
    total += entries.length;
    for (const oldest of known.keys()) {
      if (total <= mostEntries || oldest === digest) break;
      forget(oldest);
    }
  };
  return {
    set,
    get(digest: Digest): readonly LayerEntry[] {
      const entries = known.get(digest) ?? load(digest);
      set(digest, entries);
      return entries;
    },
  };
}
