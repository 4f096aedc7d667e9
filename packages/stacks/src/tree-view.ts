import { posix } from "node:path";
import { readWhole, type SourceTree, type TreeEntry, type TreeView } from "@berth/core";

/** Files that detection reads are small: what is larger is as if it could not be read. Lockfiles are larger, but tell by their first lines. */
const maxReadBytes = 4 * 2 ** 20;
/** A repository of very many packages is no reason to read all of them into memory. */
const maxReads = 2000;
const maxLinks = 5;

/** Reads what detection sees of a tree, in one pass: its paths, and the text of the files that somebody is interested in. Links inside the tree are followed. */
export async function readTree(source: SourceTree, isOfInterest: (path: string) => boolean): Promise<TreeView> {
  const entries = await source.list();
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const wanted = nearest(entries.filter(({ path, sizeBytes }) => sizeBytes <= maxReadBytes && isOfInterest(path)));
  const texts = await readTexts(source, wanted);
  for (let round = 0; round < maxLinks; round += 1) {
    const links = [...texts].filter(([, { entry }]) => entry.mode === "120000");
    if (links.length === 0) break;
    for (const [path, link] of links) {
      texts.delete(path);
      const target = byPath.get(posix.join(posix.dirname(link.entry.path), link.text));
      if (target === undefined || target.sizeBytes > maxReadBytes) continue;
      const [content] = (await readTexts(source, [target])).values();
      if (content !== undefined) texts.set(path, content);
    }
  }
  return {
    paths: entries.map(({ path }) => path),
    has: (path) => byPath.has(path),
    read: (path) => {
      const found = texts.get(path);
      return found === undefined || found.entry.mode === "120000" ? undefined : found.text;
    },
  };
}

/** As many as are read: those nearest to the root, in their order. */
function nearest(entries: TreeEntry[]): TreeEntry[] {
  if (entries.length <= maxReads) return entries;
  const depthOf = ({ path }: TreeEntry) => path.split("/").length;
  const kept = new Set(entries.toSorted((a, b) => depthOf(a) - depthOf(b)).slice(0, maxReads));
  return entries.filter((entry) => kept.has(entry));
}

async function readTexts(
  source: SourceTree,
  entries: readonly TreeEntry[],
): Promise<Map<string, { entry: TreeEntry; text: string }>> {
  const texts = new Map<string, { entry: TreeEntry; text: string }>();
  const decoder = new TextDecoder();
  if (entries.length === 0) return texts;
  // The decoder drops a byte order mark.
  for await (const { entry, content } of source.contents(entries))
    texts.set(entry.path, { entry, text: decoder.decode(await readWhole(content)) });
  return texts;
}
