import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Problem } from "../worker/problem.ts";
import { checkSourcePath, checkTarget, checkWritable, ownerOf } from "./entry.ts";

export interface FolderLayerSpec {
  /** The folder that stands for the app's: links with an absolute path into it are made relative. */
  root: string;
  /** The path by which links know that folder, where they were made under another one than it has here. Default: `root`. */
  seenAs?: string | undefined;
  /** Files and folders of the host and where they go in the image. What is not there is left out. */
  sources: readonly { host: string; path: string }[];
  /** Paths of the image that are left out, with what is below them. */
  exclude: readonly string[];
  /** With a baseline: paths of the image that are gone, for a folder that has only what has changed. Default: what of the baseline the folder lacks. */
  removed?: readonly string[];
  /** Folders, relative to the app's, that belong to whoever runs in the image. They are there though they be empty. Default: none. */
  writable?: readonly string[];
}

/** Something of the host that goes into a layer. */
export interface Found {
  path: string;
  /** Empty for what is not of the host. */
  host: string;
  type: "file" | "link" | "folder";
  executable: boolean;
  owner: number;
  /** Where a link points; empty for others. */
  target: string;
  sizeBytes: number;
  mtimeMs: number;
  /** Equal for all names of one file that has several; null for any other. */
  inode: string | null;
}

/** Files, folders and links that a spec names, in no order; links are never followed, so none can lead in a circle. */
export function walkSources(spec: FolderLayerSpec, writable: readonly string[]): Found[] {
  const exclude = new Set(spec.exclude);
  const found = new Map<string, Found>();
  const visit = (host: string, path: string) => {
    if (exclude.has(path)) return;
    const item = look(host, path, spec, writable);
    if (item === null) return;
    found.set(path, item);
    if (item.type === "folder") for (const name of readdirSync(host)) visit(join(host, name), `${path}/${name}`);
  };
  for (const { host, path } of spec.sources) visit(host, path);
  checkWritable(writable, (path) => (found.get(path)?.type ?? "folder") !== "folder");
  for (const path of writable) if (!found.has(path)) found.set(path, folderAt(path, writable));
  return [...found.values()];
}

/** A folder that the layer gets though the host has none. */
export function folderAt(path: string, writable: readonly string[]): Found {
  const owner = ownerOf(path, writable);
  const nothing = { executable: false, target: "", sizeBytes: 0, mtimeMs: 0, inode: null };
  return { path, host: "", type: "folder", owner, ...nothing };
}

/** Null for what is not there, and for what means nothing in an image: sockets, pipes, devices. */
function look(host: string, path: string, spec: FolderLayerSpec, writable: readonly string[]): Found | null {
  const stat = lstatSync(host, { throwIfNoEntry: false });
  if (stat === undefined) {
    if (path.includes("\ufffd")) throw unreadableName(path);
    return null;
  }
  const type = stat.isDirectory() ? "folder" : stat.isFile() ? "file" : stat.isSymbolicLink() ? "link" : null;
  if (type === null) return null;
  const owner = ownerOf(path, writable);
  return {
    path: checkSourcePath(path),
    host,
    type,
    // Only this bit of the mode is kept: nothing in an image is setuid, setgid or sticky.
    executable: type === "file" && (stat.mode & 0o100) !== 0,
    owner,
    target: type === "link" ? checkTarget(path, linkTarget(host, spec)) : "",
    sizeBytes: stat.size,
    mtimeMs: stat.mtimeMs,
    inode: type === "file" && stat.nlink > 1 ? `${stat.dev}:${stat.ino}:${owner}` : null,
  };
}

/** Where a link points; a link into the folder itself is made relative, for the folder has another name in the image. */
function linkTarget(host: string, { root, seenAs = root }: FolderLayerSpec): string {
  const target = readlinkSync(host);
  const inside = target === seenAs || target.startsWith(`${seenAs}/`);
  return inside ? relative(dirname(host), root + target.slice(seenAs.length)) || "." : target;
}

function unreadableName(path: string): Problem {
  const message = `The name of ${path} is not in UTF-8.`;
  return new Problem("source.unsupported", message, path, "Give this file a name in UTF-8, or leave it out.");
}
