import { BerthError, type SourceContent, type SourceTree, type TreeEntry, wholeContentBytes } from "@berth/core";
import type { DirectoryEntry } from "./directory.ts";
import { listFiles } from "./list-files.ts";
import type { ObjectReader } from "./reader.ts";
import { treeIdWithout } from "./tree-id.ts";

/** How much is read ahead of who consumes the contents. */
const aheadBytes = 8 * 1024 * 1024;
const aheadCount = 512;

/** A git tree as a source tree. Throws nothing itself: what cannot be deployed is told when it is listed. */
export function makeSourceTree(reader: ObjectReader, tree: string): SourceTree {
  return makeView(reader, { id: tree, tree, excluded: [] });
}

interface View {
  id: string;
  /** The git tree it is a view of. */
  tree: string;
  /** Paths below that tree that are not part of the view. */
  excluded: readonly string[];
}

function makeView(reader: ObjectReader, { id, tree, excluded }: View): SourceTree {
  let listing: Promise<readonly TreeEntry[]> | null = null;
  return {
    id,
    list() {
      listing ??= listFiles(reader, tree, excluded);
      return listing;
    },
    contents: (entries) => readContents(reader, entries),
    async subtree(path, without) {
      const folder = path.replace(/\/+$/, "");
      if (isRoot(folder) && without.length === 0) return this;
      const below = isRoot(folder) ? tree : await findFolder(reader, tree, excluded, folder);
      const inside = [...excluded, ...without.map((other) => other.replace(/\/+$/, ""))]
        .map((other) => relativeTo(folder, other))
        .filter((other) => other !== null)
        .toSorted();
      return makeView(reader, { id: await treeIdWithout(reader, below, inside), tree: below, excluded: inside });
    },
  };
}

function isRoot(path: string): boolean {
  return path === "." || path === "";
}

/** The path as seen from the folder; null where it is not inside it. */
function relativeTo(folder: string, path: string): string | null {
  if (isRoot(folder)) return isRoot(path) ? null : path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
}

async function findFolder(
  reader: ObjectReader,
  tree: string,
  excluded: readonly string[],
  folder: string,
): Promise<string> {
  const isExcluded = excluded.some((path) => folder === path || folder.startsWith(`${path}/`));
  let current = tree;
  for (const part of folder.split("/")) {
    const { entries } = await reader.directory(current);
    const next: DirectoryEntry | undefined = entries.find(({ name }) => name === part);
    if (next?.mode !== "folder" || isExcluded) {
      throw new BerthError("config.invalid", `There is no folder ${JSON.stringify(folder)} in what was pushed.`, {
        path: folder,
        hint: "Name a folder of the repository, and see that it is committed.",
      });
    }
    current = next.oid;
  }
  return current;
}

async function* readContents(reader: ObjectReader, entries: readonly TreeEntry[]) {
  const ahead: Promise<{ entry: TreeEntry; content: SourceContent }>[] = [];
  let askedBytes = 0;
  let next = 0;
  for (const current of entries) {
    while (next < entries.length && (ahead.length === 0 || (askedBytes < aheadBytes && ahead.length < aheadCount))) {
      const entry = entries[next++]!;
      askedBytes += heldBytes(entry);
      const reading = readContent(reader, entry);
      // Told when its turn comes; until then a failure must not end the process.
      reading.catch(() => undefined);
      ahead.push(reading);
    }
    yield await ahead.shift()!;
    askedBytes -= heldBytes(current);
  }
}

async function readContent(reader: ObjectReader, entry: TreeEntry) {
  const content = isStreamed(entry) ? reader.stream(entry.oid) : (await reader.read(entry.oid, "blob")).content;
  return { entry, content };
}

function isStreamed({ sizeBytes }: TreeEntry): boolean {
  return sizeBytes > wholeContentBytes;
}

/** What is streamed is read when it is taken, not ahead. */
function heldBytes(entry: TreeEntry): number {
  return isStreamed(entry) ? 0 : entry.sizeBytes;
}
