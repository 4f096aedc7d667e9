import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { contentMtime } from "../tar/mtime.ts";
import type { Breathe } from "./compressor.ts";
import { imageOwner, sortByBytes } from "./entry.ts";
import type { LayerEntry } from "./entry.ts";
import { resolveHardLinks } from "./hard-links.ts";
import { folderAt, walkSources } from "./walk.ts";
import type { FolderLayerSpec, Found } from "./walk.ts";
import type { LayerWriter } from "./writer.ts";

/** Files up to this size are read once and kept for writing; larger ones are read twice. */
const wholeBytes = 4 << 20;

/**
 * Writes files of the host as a layer. With a baseline (the layer below it, from which the folder was made) only what differs is written,
 * and what is gone is recorded as removed, by OCI's whiteout files. Of the names of one file the first holds the content, the others are hard links.
 * `writable` are paths of the image. Calls `written` after each entry.
 */
export async function addFolders(
  writer: LayerWriter,
  spec: FolderLayerSpec,
  writable: readonly string[],
  baseline: readonly LayerEntry[],
  written: Breathe,
): Promise<void> {
  const found = walkSources(spec, writable);
  const below = new Map(resolveHardLinks(baseline).map((entry) => [entry.path, entry]));
  const present = new Set(found.map((item) => item.path));
  const differing = found.filter((item) => !isSame(item, below.get(item.path)));
  const items = sortByBytes([...withFolders(differing, writable), ...whiteouts(baseline, present, spec.removed)]);
  /** The first name of each file that has several. */
  const files = new Map<string, LayerEntry>();
  for (const item of items) {
    addOne(writer, item, files);
    await written();
  }
}

function addOne(writer: LayerWriter, item: Found, files: Map<string, LayerEntry>): void {
  const { path, type, executable, owner } = item;
  const entry = { path, type, executable, owner, oid: null };
  if (type === "folder") return writer.addFolder(path, owner);
  if (type === "link") return writer.addLink(entry, item.target);
  if (item.host === "") return writer.addFile(entry, new Uint8Array());
  const first = item.inode === null ? undefined : files.get(item.inode);
  if (first !== undefined) return writer.addHardLink(entry, first);
  addContent(writer, entry, item.host);
  const added = writer.entries.at(-1);
  if (item.inode !== null && added !== undefined) files.set(item.inode, added);
}

function addContent(writer: LayerWriter, entry: Parameters<LayerWriter["addFile"]>[0], host: string): void {
  const fd = openSync(host, "r");
  try {
    const { size } = fstatSync(fd);
    if (size <= wholeBytes) return writer.addFile(entry, readWhole(fd, size));
    return writer.addOpenFile(entry, fd, size, hashFile(fd));
  } finally {
    closeSync(fd);
  }
}

/** Adds the folders above each item that are not among them. */
function withFolders(items: Found[], writable: readonly string[]): Found[] {
  const known = new Set(items.map((item) => item.path));
  const added: Found[] = [];
  for (const { path } of items) {
    for (const folder of foldersOf(path)) {
      if (known.has(folder)) continue;
      known.add(folder);
      added.push(folderAt(folder, writable));
    }
  }
  return [...items, ...added];
}

/** Whether a file is the one that was unpacked from the layer below: that gave it a time that its content has, and nothing else has such a time by chance. */
function isSame(item: Found, below: LayerEntry | undefined): boolean {
  if (below === undefined || below.type !== item.type || below.owner !== item.owner) return false;
  if (item.type === "folder") return true;
  if (item.type === "link") return item.target === below.target;
  return (
    item.sizeBytes === below.sizeBytes &&
    item.mtimeMs === contentMtime(below.sha256) * 1000 &&
    item.executable === below.executable
  );
}

/** Files that say that something of the layer below is gone, one for the uppermost path of each. */
function whiteouts(
  baseline: readonly LayerEntry[],
  present: ReadonlySet<string>,
  removed: readonly string[] | undefined,
): Found[] {
  const below = baseline.map(({ path }) => path);
  const named = new Set(removed);
  const isGone =
    removed === undefined ? () => true : (path: string) => [path, ...foldersOf(path)].some((at) => named.has(at));
  const gone = new Set(below.filter((path) => !present.has(path) && isGone(path)));
  return [...gone]
    .filter((path) => !gone.has(dirname(path)))
    .map((path) => {
      const marker = join(dirname(path), `.wh.${path.slice(path.lastIndexOf("/") + 1)}`);
      return { ...folderAt(marker, []), type: "file" as const, owner: imageOwner };
    });
}

/** The folders above a path, from the innermost. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) folders.push(path.slice(0, at));
  return folders;
}

function readWhole(fd: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(fd, buffer, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function hashFile(fd: number): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let position = 0; ;) {
    const count = readSync(fd, buffer, 0, buffer.length, position);
    if (count === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
    position += count;
  }
}
