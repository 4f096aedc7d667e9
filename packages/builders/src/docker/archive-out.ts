import { createWriteStream } from "node:fs";
import { chmod, link, lstat, mkdir, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/core";
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

/** Writes an archive that an engine gave of a folder of a container below a folder of this machine. */
export async function extractArchive(archive: Readable, target: ArchiveTarget, signal: AbortSignal): Promise<void> {
  const reader = extract();
  const write = async () => {
    const folders = new Set<string>();
    for await (const entry of reader) {
      signal.throwIfAborted();
      await writeEntry(entry as unknown as Readable & { header: Header }, target, folders);
    }
  };
  await Promise.all([pipeline(archive, reader, { signal }), write()]);
}

async function writeEntry(
  entry: Readable & { header: Header },
  target: ArchiveTarget,
  folders: Set<string>,
): Promise<void> {
  const { header } = entry;
  const path = pathOf(header.name, target);
  const isLeftOut = target.exclude.some((other) => path === other || path.startsWith(`${other}/`));
  if (isLeftOut || (path === "" && header.type !== "directory")) return void entry.resume();
  const host = join(target.folder, path);
  await ensureFolder(target.folder, header.type === "directory" ? host : dirname(host), folders);
  if (header.type === "file" || header.type === "contiguous-file") {
    await rm(host, { force: true });
    await pipeline(entry, createWriteStream(host, { flags: "wx" }));
    await chmod(host, ((header.mode ?? 0o644) & 0o777) | 0o600);
    // Whether a file is still the one of the dependency layer is known by its time.
    if (header.mtime) await utimes(host, header.mtime, header.mtime);
    return;
  }
  entry.resume();
  if (header.type === "symlink") {
    await rm(host, { force: true });
    await symlink(linkTarget(header.linkname ?? "", dirname(path)), host);
  } else if (header.type === "link") {
    await rm(host, { force: true });
    await link(join(target.folder, pathOf(header.linkname ?? "", target)), host);
  }
}

/** A path of the archive relative to the app's folder. */
function pathOf(name: string, { at }: ArchiveTarget): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) {
    throw new BerthError("runtime.failed", "The Docker engine gave a path that leads out of the build's folder.", {
      path: name,
    });
  }
  return [...(at === "" ? [] : at.split("/")), ...parts.slice(1)].join("/");
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
