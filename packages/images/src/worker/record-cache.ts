import type { Digest } from "@berth/core";
import type { LayerRecord } from "../layer/record.ts";

/** So many entries of layers are kept in memory at most: about 80 MB, or twice a very large app. */
const mostEntries = 250_000;

/** The records of the layers that were used last. */
export function makeRecordCache(load: (digest: Digest) => Promise<LayerRecord>) {
  const known = new Map<Digest, LayerRecord>();
  let total = 0;
  const forget = (digest: Digest) => {
    total -= known.get(digest)?.entries.length ?? 0;
    known.delete(digest);
  };
  const set = (digest: Digest, record: LayerRecord) => {
    forget(digest);
    known.set(digest, record);
    total += record.entries.length;
    for (const oldest of known.keys()) {
      if (total <= mostEntries || oldest === digest) break;
      forget(oldest);
    }
  };
  return {
    set,
    async get(digest: Digest): Promise<LayerRecord> {
      const record = known.get(digest) ?? (await load(digest));
      set(digest, record);
      return record;
    },
  };
}
