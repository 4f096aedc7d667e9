import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import type { ImagePaths } from "../layout/paths.ts";

/** Removes blobs that were last used before `limit` says (ms since the epoch; null spares one), with what is known of them; returns the bytes that became free. */
export async function sweepBlobs(paths: ImagePaths, limit: (digest: Digest) => number | null): Promise<number> {
  let freed = 0;
  for (const name of await readdir(paths.blobs)) {
    const before = limit(`sha256:${name}`);
    if (before === null) continue;
    const removed = await removeUnused(paths, join(paths.blobs, name), before);
    if (removed === null) continue;
    await rm(join(paths.records, `${name}.json`), { force: true });
    freed += removed;
  }
  return freed;
}

/** Forgets blobs on their way of which nothing came since `before`. */
export async function sweepPartial(paths: ImagePaths, before: number): Promise<number> {
  let freed = 0;
  for (const name of await readdirOrNone(paths.partial)) {
    freed += (await removeUnused(paths, join(paths.partial, name), before)) ?? 0;
  }
  return freed;
}

/**
 * Removes a file unless it is used: takes its name away first and looks again, so that a use in between is seen, and a later one finds
 * nothing and makes it anew. The bytes that became free, or null where it stays.
 */
async function removeUnused(paths: ImagePaths, path: string, before: number): Promise<number | null> {
  const seen = await statOrNull(path);
  if (seen === null || seen.mtimeMs >= before) return null;
  const gone = join(paths.drafts, randomBytes(8).toString("hex"));
  try {
    await rename(path, gone);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
  const again = await stat(gone);
  if (again.mtimeMs >= before) {
    await rename(gone, path);
    return null;
  }
  await rm(gone);
  return again.size;
}

export async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

export async function readdirOrNone(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
