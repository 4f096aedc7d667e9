import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Breathe } from "../layer/compressor.ts";
import { isWritable } from "../layer/entry.ts";
import { hashPath } from "../layer/read-at.ts";
import { Problem } from "../worker/problem.ts";
import type { MergedEntry } from "./merge.ts";
import type { FilePool } from "./pool.ts";

/** Opens the archives of layers as they are needed and closes them all at the end. */
export function openArchives(archive: CopyOptions["archive"]) {
  const fds = new Map<number, number>();
  return {
    async fd(layer: number): Promise<number> {
      const known = fds.get(layer);
      if (known !== undefined) return known;
      const fd = openSync(await archive(layer), "r");
      fds.set(layer, fd);
      return fd;
    },
    close() {
      for (const fd of fds.values()) closeSync(fd);
    },
  };
}

export interface CopyOptions {
  root: string;
  /** The path of a layer's archive. It is made again where it is missing, so it is asked for only where the pool lacks something. */
  archive(layer: number): Promise<string>;
  /** Folders of the image whose content is the copy's own and may be changed; `all` makes a private copy of everything. */
  writable: readonly string[] | "all";
  pool: FilePool;
  breathe: Breathe;
}

/** Writes the entries of an image below an empty folder: files are shared through the pool and read-only, folders cannot be added to. */
export async function writeCopy(entries: readonly MergedEntry[], options: CopyOptions): Promise<void> {
  const { root, pool, writable } = options;
  const archives = openArchives(options.archive);
  const own = (path: string) => writable === "all" || isWritable(path, writable);
  const folders: string[] = [];
  try {
    for (const { entry, layer } of entries) {
      await options.breathe();
      const target = `${root}/${entry.path}`;
      if (entry.type === "folder") {
        makeFolder(target, writable === "all");
        if (!own(entry.path)) folders.push(target);
      } else if (entry.type === "link") symlinkSync(entry.target, target);
      else if (own(entry.path)) pool.copy(entry, await archives.fd(layer), target);
      else if (!pool.link(entry, target)) pool.add(entry, await archives.fd(layer), target);
    }
    if (writable !== "all") makeWritable(root, writable);
    for (const folder of folders) chmodSync(folder, 0o555);
  } finally {
    archives.close();
  }
}

/** A private copy may go into folders that are there already, but never through a link. */
function makeFolder(path: string, mayBeThere: boolean): void {
  if (!mayBeThere || lstatSync(path, { throwIfNoEntry: false }) === undefined) return mkdirSync(path, { mode: 0o755 });
  if (lstatSync(path).isDirectory()) return;
  throw new Problem("image.corrupt", `${path} is in the way of a folder of a layer.`, path, "Deploy the app again.");
}

/** Makes the folders that stay writable where an image lacks them, and nothing behind a link. */
function makeWritable(root: string, writable: readonly string[]): void {
  for (const folder of writable) {
    let path = root;
    for (const part of folder.split("/")) {
      path = join(path, part);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined) mkdirSync(path, { mode: 0o755 });
      else if (!stat.isDirectory()) break;
    }
  }
}

/** Whether a copy holds what it should, read byte for byte; the first path that does not, or null. What is writable is not looked at. */
export async function findDamage(
  entries: readonly MergedEntry[],
  root: string,
  writable: readonly string[],
  breathe: Breathe,
): Promise<MergedEntry | null> {
  for (const merged of entries) {
    const { entry } = merged;
    await breathe();
    if (isWritable(entry.path, writable)) continue;
    const path = join(root, entry.path);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return merged;
    if (entry.type === "folder" && !stat.isDirectory()) return merged;
    if (entry.type === "link" && !(stat.isSymbolicLink() && readlinkSync(path) === entry.target)) return merged;
    if (entry.type === "file" && !(stat.isFile() && stat.size === entry.sizeBytes)) return merged;
    if (entry.type === "file" && hashPath(path, stat.size) !== entry.sha256) return merged;
  }
  return null;
}
