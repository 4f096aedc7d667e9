import { createHash } from "node:crypto";
import { createReadStream, lstatSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { SourceContent, SourceTree, TreeEntry } from "@berth/core";

/** Above this, a file is read in chunks, as those of git are. */
const wholeBytes = 4 * 2 ** 20;

/**
 * Files of a folder as a source tree, for planning what git has not seen. Its ids are made of sizes and times instead of contents:
 * nothing is read that nobody asks for, and they are equal only to those of the same folder.
 */
export function makeFolderTree(folder: string, paths: readonly string[]): SourceTree {
  const found = paths.flatMap((path) => entryOf(folder, path) ?? []);
  return makeTree(folder, "", inByteOrder(found));
}

function entryOf(folder: string, path: string): TreeEntry | null {
  const stat = lstatSync(join(folder, path), { throwIfNoEntry: false });
  const isLink = stat?.isSymbolicLink() === true;
  // What git has and the folder lacks was removed; a folder is another repository.
  if (stat === undefined || !(stat.isFile() || isLink)) return null;
  const mode = isLink ? "120000" : (stat.mode & 0o100) === 0 ? "100644" : "100755";
  return { path, mode, oid: `${stat.size}-${stat.mtimeMs}`, sizeBytes: stat.size };
}

/** Sorted as git sorts: bytes, which is what the characters of Latin 1 are. */
function inByteOrder(entries: readonly TreeEntry[]): TreeEntry[] {
  const keyed = entries.map((entry) => [Buffer.from(entry.path).toString("latin1"), entry] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

function makeTree(folder: string, prefix: string, entries: readonly TreeEntry[]): SourceTree {
  return {
    get id() {
      return createHash("sha1")
        .update(JSON.stringify([folder, prefix, entries]))
        .digest("hex");
    },
    list: () => Promise.resolve(entries),
    async *contents(wanted) {
      for (const entry of wanted) yield { entry, content: await read(join(folder, prefix, entry.path), entry) };
    },
    async subtree(path, without) {
      const below = path === "." ? "" : `${path}/`;
      const kept = entries.filter(
        (entry) =>
          entry.path.startsWith(below) &&
          !without.some((other) => entry.path === other || entry.path.startsWith(`${other}/`)),
      );
      const inside = kept.map((entry) => ({ ...entry, path: entry.path.slice(below.length) }));
      return makeTree(folder, prefix + below, inside);
    },
  };
}

async function read(file: string, { mode, sizeBytes }: TreeEntry): Promise<SourceContent> {
  if (mode === "120000") return Buffer.from(await readlink(file));
  return sizeBytes > wholeBytes ? createReadStream(file) : await readFile(file);
}
