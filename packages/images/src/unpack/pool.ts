import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { paddingBytes } from "../tar/header.ts";
import { contentMtime } from "../tar/mtime.ts";
import type { LayerEntry } from "../layer/entry.ts";
import { hashPath } from "../layer/read-at.ts";
import { codeOf, Problem } from "../worker/problem.ts";

/** Below what file systems allow (ext4: 65,000): then a new file takes the place of the one with so many names. */
const mostLinks = 60_000;
/** Contents pass through this one buffer. */
const buffer = Buffer.allocUnsafe(1 << 20);

/** Contents of files by digest, which the unpacked copies share through hard links. */
export interface FilePool {
  /** Gives a file of a layer the name `target`; false where the pool lacks its content. */
  link(entry: LayerEntry, target: string): boolean;
  /** Takes the content of a file from the layer's archive and gives it the name `target`. */
  add(entry: LayerEntry, archiveFd: number, target: string): void;
  /** Writes a file of a layer as one of its own, which may be changed. */
  copy(entry: LayerEntry, archiveFd: number, target: string): void;
  /** Reads a content byte for byte and lets go of it where it is not what its name says. */
  check(entry: LayerEntry): void;
}

export function makePool(folder: string): FilePool {
  const drafts = join(folder, "drafts");
  mkdirSync(drafts, { recursive: true });
  const made = new Set<string>();

  const pathOf = (entry: LayerEntry) =>
    `${folder}/${entry.sha256.slice(0, 2)}/${entry.sha256}-${entry.executable ? "555" : "444"}`;

  /** Whether the pool has the content whole. One that was changed in place, or lost in a crash of the machine, has another size or time. */
  const has = (path: string, entry: LayerEntry) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return (
      stat !== undefined &&
      stat.size === entry.sizeBytes &&
      stat.mtimeMs === contentMtime(entry.sha256) * 1000 &&
      stat.nlink < mostLinks
    );
  };

  const put = (path: string, entry: LayerEntry, archiveFd: number) => {
    const group = entry.sha256.slice(0, 2);
    if (!made.has(group)) mkdirSync(join(folder, group), { recursive: true });
    made.add(group);
    const draft = join(drafts, randomBytes(8).toString("hex"));
    try {
      extract(entry, archiveFd, draft, entry.executable ? 0o555 : 0o444);
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  };

  return {
    link(entry, target) {
      const path = pathOf(entry);
      if (!has(path, entry)) return false;
      try {
        linkSync(path, target);
        return true;
      } catch (error) {
        // Collected this very moment, or a file system that allows fewer links.
        if (["ENOENT", "EMLINK"].includes(codeOf(error) ?? "")) return false;
        throw error;
      }
    },
    add(entry, archiveFd, target) {
      put(pathOf(entry), entry, archiveFd);
      linkSync(pathOf(entry), target);
    },
    check(entry) {
      const path = pathOf(entry);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat !== undefined && hashPath(path, stat.size) !== entry.sha256) rmSync(path);
    },
    copy(entry, archiveFd, target) {
      extract(entry, archiveFd, target, entry.executable ? 0o755 : 0o644);
    },
  };
}

/** Writes the content of an entry to a new file, with the time that its content has. */
function extract(entry: LayerEntry, archiveFd: number, target: string, mode: number): void {
  const fd = openSync(target, "wx", 0o600);
  try {
    const start = entry.offset + entry.lengthBytes - entry.sizeBytes - paddingBytes(entry.sizeBytes);
    for (let at = 0; at < entry.sizeBytes;) {
      const count = readSync(archiveFd, buffer, 0, Math.min(buffer.length, entry.sizeBytes - at), start + at);
      if (count === 0)
        throw new Problem("image.corrupt", "A layer ends too early.", entry.path, "Deploy the app again.");
      for (let written = 0; written < count;) written += writeSync(fd, buffer, written, count - written);
      at += count;
    }
    fchmodSync(fd, mode);
    const mtime = contentMtime(entry.sha256);
    futimesSync(fd, mtime, mtime);
  } finally {
    closeSync(fd);
  }
}

/** Removes what no copy shares any more from one of the pool's groups; returns the bytes that became free. */
export function sweepGroup(group: string, names: readonly string[]): number {
  let freed = 0;
  for (const name of names) {
    const path = join(group, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || stat.nlink > 1) continue;
    rmSync(path, { force: true });
    freed += stat.size;
  }
  return freed;
}
