import type { Digest } from "@berth/core";
import { Problem } from "../worker/problem.ts";

/** One path of a layer and where it is found in the layer's archive. */
export interface LayerEntry {
  /** In the image, without a leading or trailing slash. */
  path: string;
  /** A `link` is a symbolic one, a `hardlink` another name of a file that the layer has before. */
  type: "file" | "link" | "folder" | "hardlink";
  executable: boolean;
  sizeBytes: number;
  /** SHA-256 in hex of the content of a file or of the file that a hard link names; empty for others. */
  sha256: string;
  /** Where a link points, or the path of a hard link's file; empty for others. */
  target: string;
  /** Whom it belongs to, by number. */
  owner: number;
  /** Git's id of the content, where it came from git. */
  oid: string | null;
  /** Where the entry's headers begin in the archive. */
  offset: number;
  /** Headers, content and padding. */
  lengthBytes: number;
}

/** A layer as a manifest names it. `digest` is of its blob, `diffId` of the plain archive in it: the same where the blob is not compressed. */
export interface Layer {
  mediaType: string;
  digest: Digest;
  diffId: Digest;
  sizeBytes: number;
  files: number;
}

/** Whom the files of an image belong to: nobody who runs in it may change them. */
export const imageOwner = 0;
/** Who runs in an image, and may change its writable folders: nobody's account, by number, so that it needs no name in any image. */
export const instanceOwner = 1000;

export function fileMode(executable: boolean): number {
  return executable ? 0o755 : 0o644;
}

/** Whether a path is one of the folders that stay writable, or below one. */
export function isWritable(path: string, writable: readonly string[]): boolean {
  return writable.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

export function ownerOf(path: string, writable: readonly string[]): number {
  return isWritable(path, writable) ? instanceOwner : imageOwner;
}

/** A path of an image; refuses whatever could lead out of its root. */
export function checkPath(path: string): string {
  const bad =
    path === "" || path.includes("\0") || path.split("/").some((part) => part === "" || part === "." || part === "..");
  if (!bad) return path;
  const message = `The path ${JSON.stringify(path)} leads out of the image.`;
  throw new Problem("source.unsupported", message, path, "Remove this file from the source.");
}

/** A path of a source that becomes one of an image: a name that means "removed" in OCI's layers cannot be a file's. */
export function checkSourcePath(path: string): string {
  if (!path.startsWith(".wh.", path.lastIndexOf("/") + 1)) return checkPath(path);
  const message = `The name of ${path} means a removed file in an image.`;
  throw new Problem("source.unsupported", message, path, "Give this file a name that does not begin with .wh.");
}

/** Where a symbolic link points; refuses what leads out of the root. An absolute target means a path of the image. */
export function checkTarget(path: string, target: string): string {
  if (target.includes("\0")) throw leadsOut(path, target);
  if (target.startsWith("/")) return target;
  let depth = path.split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) throw leadsOut(path, target);
  }
  return target;
}

function leadsOut(path: string, target: string): Problem {
  const message = `The link ${path} points out of the image, to ${JSON.stringify(target)}.`;
  return new Problem("source.unsupported", message, path, "Let it point to a file of the app, or remove it.");
}

/** Folders that stay writable can be made unless something else is in the way: refuses those below a file or a link. */
export function checkWritable(writable: readonly string[], isInTheWay: (path: string) => boolean): void {
  for (const folder of writable) {
    checkSourcePath(folder);
    for (let at = folder.indexOf("/"); at !== -1; at = folder.indexOf("/", at + 1)) {
      const above = folder.slice(0, at);
      if (!isInTheWay(above)) continue;
      const message = `The writable folder ${folder} lies below ${above}, which is no folder.`;
      throw new Problem("source.unsupported", message, folder, "Name another folder as writable.");
    }
  }
}

const surrogates = /[\ud800-\udfff]/;

/** Sorts by the bytes of the path in UTF-8, a folder as if it ended in a slash, so that a folder comes before what is in it. */
export function sortByBytes<T extends { path: string; type: LayerEntry["type"] }>(entries: T[]): T[] {
  const keyed = entries.map((entry) => ({ key: entry.type === "folder" ? `${entry.path}/` : entry.path, entry }));
  // JavaScript compares UTF-16 units, which order like UTF-8 but for what lies beyond the basic plane.
  if (keyed.some(({ key }) => surrogates.test(key))) {
    keyed.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  } else {
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }
  return keyed.map(({ entry }) => entry);
}
