import { readWhole } from "@berth/core";
import type { BuildPlan, SourceTree, TreeEntry } from "@berth/core";
import { findLockfiles, largestLockfileBytes } from "./find-lockfiles.ts";
import type { FoundLockfile } from "./find-lockfiles.ts";
import type { LockfileText } from "./parse-lockfiles.ts";

/** What a source's packages follow from, by name alone. */
export interface SourceLockfiles {
  /** Equal keys, equal packages. */
  key: string;
  /** Lockfiles that are too large to be read. */
  tooLarge: readonly string[];
  read(): Promise<LockfileText[]>;
}

export async function listLockfiles(source: SourceTree, plan: Pick<BuildPlan, "steps">): Promise<SourceLockfiles> {
  const found = findLockfiles(await source.list(), plan);
  const fits = ({ entry }: FoundLockfile) => entry.sizeBytes <= largestLockfileBytes;
  const readable = found.filter(fits);
  const nameOf = ({ path, oid }: TreeEntry) => `${path} ${oid}`;
  return {
    key: readable.map(({ entry, beside }) => [entry, ...beside].map(nameOf).join("\n")).join("\n\n"),
    tooLarge: found.filter((one) => !fits(one)).map(({ entry }) => entry.path),
    async read() {
      const texts = await readTexts(source, readable);
      return readable.map(({ entry, beside }) => ({
        path: entry.path,
        text: texts.get(entry.path) ?? "",
        beside: Object.fromEntries(beside.map(({ path }) => [path, texts.get(path) ?? ""])),
      }));
    },
  };
}

async function readTexts(source: SourceTree, lockfiles: readonly FoundLockfile[]): Promise<Map<string, string>> {
  const wanted = new Map(lockfiles.flatMap(({ entry, beside }) => [entry, ...beside].map((one) => [one.path, one])));
  const texts = new Map<string, string>();
  if (wanted.size === 0) return texts;
  const decoder = new TextDecoder();
  for await (const { entry, content } of source.contents([...wanted.values()])) {
    texts.set(entry.path, decoder.decode(await readWhole(content)));
  }
  return texts;
}
