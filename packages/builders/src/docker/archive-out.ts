import { link, lstat, mkdir, open, rm, symlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError, hasCode } from "@berth/core";
import { extract } from "tar-stream";
import type { Header } from "tar-stream";

export interface ArchiveTarget {
  /** Stands for the app's folder. */
  folder: string;
  /** Where in it the archive's root lies: what an engine gives of `/app/a/b` begins at `b`. */
  at: string;
  /** Paths relative to the app's folder that are left out, with what is below them. */
  exclude: readonly string[];
}

/** Files up to this size are read whole and written beside the ones that follow: waiting for each costs more than the writing. */
const smallBytes = 256 * 1024;
const atOnce = 16;

/** Writes an archive that an engine gave of a folder of a container below a folder of this machine. */
export async function extractArchive(archive: Readable, target: ArchiveTarget, signal: AbortSignal): Promise<void> {
  const reader = extract();
  const extraction: Extraction = { target, folders: new Set(), files: new Set(), writing: new Set() };
  const write = async () => {
    try {
      for await (const entry of reader) {
        signal.throwIfAborted();
        await writeEntry(entry as unknown as Readable & { header: Header }, extraction);
      }
    } finally {
      await Promise.allSettled(extraction.writing);
    }
    await Promise.all(extraction.writing);
  };
  await Promise.all([pipeline(archive, reader, { signal }), write()]);
}

interface Extraction {
  target: ArchiveTarget;
  /** Folders that are there, on this machine. */
  folders: Set<string>;
  /** Files that were written, on this machine. */
  files: Set<string>;
  /** Small files on their way to the disk. One that failed stays here, to be told. */
  writing: Set<Promise<void>>;
}

async function writeEntry(entry: Readable & { header: Header }, extraction: Extraction): Promise<void> {
  const { header } = entry;
  const { target, folders, files } = extraction;
  const path = pathOf(header.name, target);
  const isLeftOut = target.exclude.some((other) => path === other || path.startsWith(`${other}/`));
  if (isLeftOut || (path === "" && header.type !== "directory")) return void entry.resume();
  const host = join(target.folder, path);
  await ensureFolder(target.folder, header.type === "directory" ? host : dirname(host), folders);
  if (header.type === "file" || header.type === "contiguous-file") {
    files.add(host);
    if ((header.size ?? 0) > smallBytes) return writeFile(host, header, entry);
    const content = await Array.fromAsync<Buffer>(entry);
    return soon(extraction, writeFile(host, header, content));
  }
  entry.resume();
  if (header.type === "symlink") {
    await rm(host, { force: true });
    await symlink(linkTarget(header.linkname ?? "", dirname(path)), host);
  } else if (header.type === "link") {
    const file = join(target.folder, pathOf(header.linkname ?? "", target));
    // Through a link that another entry has made it would be a file of this machine.
    if (!files.has(file)) throw strangePath(header.name);
    await Promise.all(extraction.writing);
    await rm(host, { force: true });
    await link(file, host);
    files.add(host);
  }
}

/** Lets a file be written beside the ones that follow, as soon as fewer than `atOnce` are. */
async function soon({ writing }: Extraction, file: Promise<void>): Promise<void> {
  const written = file.then(() => void writing.delete(written));
  written.catch(() => {});
  writing.add(written);
  if (writing.size >= atOnce) await Promise.race(writing);
}

async function writeFile(host: string, header: Header, content: Iterable<Buffer> | Readable): Promise<void> {
  const handle = await openNew(host);
  try {
    for await (const chunk of content) await handle.appendFile(chunk);
    // As mode of a new file it would be narrowed by the umask.
    if (((header.mode ?? 0) & 0o111) !== 0) await handle.chmod(0o755);
    // Whether a file is still the one of the dependency layer is known by its time.
    if (header.mtime) await handle.utimes(header.mtime, header.mtime);
  } finally {
    await handle.close();
  }
}

/** A file that is new, also where something lies in its place. */
async function openNew(host: string): Promise<FileHandle> {
  try {
    return await open(host, "wx", 0o644);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    await rm(host, { force: true });
    return open(host, "wx", 0o644);
  }
}

/** A path of the archive relative to the app's folder. */
function pathOf(name: string, { at }: ArchiveTarget): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) {
    throw strangePath(name);
  }
  return [...(at === "" ? [] : at.split("/")), ...parts.slice(1)].join("/");
}

function strangePath(path: string): BerthError {
  return new BerthError("runtime.failed", "The Docker engine gave a path that leads out of the build's folder.", {
    path,
  });
}

/** A link into the app's folder as one that holds wherever that folder is. */
function linkTarget(target: string, from: string): string {
  if (target !== "/app" && !target.startsWith("/app/")) return target;
  return relative(join("/app", from), target) || ".";
}

/** Makes a folder with those above it. What lies in the way as a link is no folder: nothing is written through one. */
async function ensureFolder(top: string, folder: string, known: Set<string>): Promise<void> {
  if (known.has(folder)) return;
  if (folder !== top) await ensureFolder(top, dirname(folder), known);
  const stat = await lstat(folder).catch(() => null);
  if (stat !== null && !stat.isDirectory()) await rm(folder, { force: true });
  if (stat === null || !stat.isDirectory()) await mkdir(folder, { recursive: folder === top });
  known.add(folder);
}
