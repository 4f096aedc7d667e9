import { describe, expect, it } from "vitest";
import { ChunkCutter } from "./chunks.ts";
import type { Chunk } from "./chunks.ts";
import type { LayerEntry } from "./entry.ts";

/** Entries one after the other, by path and length. */
function makeEntries(files: readonly (readonly [string, number])[]): LayerEntry[] {
  let offset = 0;
  return files.map(([path, lengthBytes]) => {
    const entry = { path, type: "file", executable: false, sizeBytes: lengthBytes, sha256: "" } as const;
    offset += lengthBytes;
    return { ...entry, target: "", owner: 0, oid: null, offset: offset - lengthBytes, lengthBytes };
  });
}

const end = (entries: readonly LayerEntry[]) => {
  const last = entries.at(-1);
  return last === undefined ? 0 : last.offset + last.lengthBytes;
};

function cut(entries: readonly LayerEntry[]): Chunk[] {
  const cutter = new ChunkCutter();
  return [...cutter.take(entries), ...cutter.end(end(entries) + 1024)];
}

/** What a chunk is made of, without where it lies. */
const contentOf = (entries: readonly LayerEntry[]) => (chunk: Chunk) =>
  JSON.stringify([
    chunk.part,
    entries.slice(chunk.first, chunk.first + chunk.count).map((e) => [e.path, e.lengthBytes]),
  ]);

const small = Array.from({ length: 3000 }, (_, i): readonly [string, number] => [
  `src/part-${i % 50}/file-${i}.js`,
  1024 + (i % 7) * 512,
]);

describe("the chunks of a layer", () => {
  it("cover it from beginning to end, each entry once", () => {
    const entries = makeEntries([...small.slice(0, 900), ["large.bin", 5_000_192], ...small.slice(900)]);
    let at = 0;
    let next = 0;
    for (const chunk of cut(entries)) {
      expect(chunk.offset).toBe(at);
      at += chunk.lengthBytes;
      if (chunk.part > 0) continue;
      expect(chunk.first).toBe(next);
      next += chunk.count;
    }
    expect(at).toBe(end(entries) + 1024);
    expect(next).toBe(entries.length);
  });

  it("are the same whether the entries come one by one or at once", () => {
    const entries = makeEntries([...small, ["large.bin", 3_000_320]]);
    const cutter = new ChunkCutter();
    const growing: LayerEntry[] = [];
    const found = entries.flatMap((entry) => {
      growing.push(entry);
      return cutter.take(growing);
    });
    expect([...found, ...cutter.end(end(entries) + 1024)]).toEqual(cut(entries));
  });

  it("are of a size that compresses well and is quickly compressed again", () => {
    const chunks = cut(makeEntries(small)).slice(0, -2);
    const mean = chunks.reduce((sum, chunk) => sum + chunk.lengthBytes, 0) / chunks.length;
    expect(mean).toBeGreaterThan(64 << 10);
    expect(mean).toBeLessThan(256 << 10);
    for (const chunk of chunks) expect(chunk.lengthBytes).toBeLessThan(1 << 20);
  });

  it("stay as they are but for the few around an entry that is new, gone or of another size", () => {
    const before = makeEntries(small);
    const known = new Set(cut(before).map(contentOf(before)));
    const changes: (readonly (readonly [string, number])[])[] = [
      small.with(1500, ["src/part-0/file-1500.js", 9216]),
      small.toSpliced(700, 1),
      small.toSpliced(2000, 0, ["src/new.js", 2048]),
    ];
    for (const files of changes) {
      const after = makeEntries(files);
      const fresh = cut(after).filter((chunk) => !known.has(contentOf(after)(chunk)));
      expect(fresh.length).toBeGreaterThan(0);
      expect(fresh.length).toBeLessThan(5);
    }
  });

  it("of a large file are parts that no other file changes", () => {
    const large = ["m.bin", 10_000_384] as const;
    const chunks = cut(makeEntries([...small.slice(0, 10), large, ...small.slice(10, 20)]));
    const parts = chunks.filter((chunk) => chunk.lengthBytes === 1 << 20);
    expect(parts).toHaveLength(9);
    expect(parts.map((chunk) => chunk.part)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
