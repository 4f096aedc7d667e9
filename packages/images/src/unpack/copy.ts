import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Breathe } from "../layer/folder-layer.ts";
import { hashPath } from "../layer/record.ts";
import type { MergedEntry } from "./merge.ts";
import type { FilePool } from "./pool.ts";

/** Whether a path is one of the folders that stay writable, or below one. */
export function isWritable(path: string, writable: readonly string[]): boolean {
  return writable.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** Opens layers as they are needed and closes them all at the end. */
export function openLayers(path: (layer: number) => string) {
  const fds = new Map<number, number>();
  return {
    fd(layer: number): number {
      const known = fds.get(layer);
      if (known !== undefined) return known;
      const fd = openSync(path(layer), "r");
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
  /** Where a layer's archive lies at this moment: it may be moved into the layout while the copy is made. */
  layerPath(layer: number): string;
  /** Folders of the image whose content is the copy's own and may be changed; `all` makes a private copy of everything. */
  writable: readonly string[] | "all";
  pool: FilePool;
  breathe: Breathe;
}

/** Writes the entries of an image below an empty folder: files are shared through the pool and read-only, folders cannot be added to. */
export async function writeCopy(entries: readonly MergedEntry[], options: CopyOptions): Promise<void> {
  const { root, pool, writable } = options;
  const layers = openLayers((layer) => options.layerPath(layer));
  const own = (path: string) => writable === "all" || isWritable(path, writable);
  const folders: string[] = [];
  try {
    for (const { entry, layer } of entries) {
      await options.breathe();
      const target = `${root}/${entry.path}`;
      if (entry.type === "folder") {
        // A private copy may go into folders that are there already.
        mkdirSync(target, { recursive: writable === "all", mode: 0o755 });
        if (!own(entry.path)) folders.push(target);
      } else if (entry.type === "link") symlinkSync(entry.target, target);
      else if (own(entry.path)) pool.copy(entry, () => layers.fd(layer), target);
      else pool.link(entry, () => layers.fd(layer), target);
    }
    if (writable !== "all")
      for (const folder of writable) mkdirSync(join(root, folder), { recursive: true, mode: 0o755 });
    for (const folder of folders) chmodSync(folder, 0o555);
  } finally {
    layers.close();
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
