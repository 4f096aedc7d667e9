import type { Digest } from "@berth/core";
import { Problem } from "../worker/problem.ts";

/** One path of a layer and where it is found in the layer's archive. */
export interface LayerEntry {
  /** In the image, without a leading or trailing slash. */
  path: string;
  type: "file" | "link" | "folder";
  executable: boolean;
  sizeBytes: number;
  /** SHA-256 of a file's content in hex; empty for others. */
  sha256: string;
  /** Where a link points; empty for others. */
  target: string;
  /** Git's id of the content, where it came from git. */
  oid: string | null;
  /** Where the entry's headers begin in the archive. */
  offset: number;
  /** Headers, content and padding. */
  lengthBytes: number;
}

/** A layer as a manifest names it. `diffId` is the digest of the plain archive: the same as `digest` while it is not compressed. */
export interface Layer {
  mediaType: string;
  digest: Digest;
  diffId: Digest;
  sizeBytes: number;
  files: number;
}

export const tarMediaType = "application/vnd.oci.image.layer.v1.tar";

export function fileMode(executable: boolean): number {
  return executable ? 0o755 : 0o644;
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
