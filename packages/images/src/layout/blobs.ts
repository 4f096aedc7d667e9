import { createHash, randomBytes } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import { corruptBlob } from "./checked-read.ts";
import { blobPath } from "./paths.ts";
import type { ImagePaths } from "./paths.ts";
import { syncFolder } from "./sync-folder.ts";

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Writes a file whole or not at all, and safe on the disk when it resolves. With `usedAt` (ms since the epoch) it has that time from its first moment. */
export async function writeDurably(
  path: string,
  folder: string,
  drafts: string,
  bytes: Uint8Array | string,
  usedAt?: number,
): Promise<void> {
  const draft = join(drafts, randomBytes(8).toString("hex"));
  try {
    const handle = await open(draft, "wx", 0o644);
    try {
      await handle.writeFile(bytes);
      if (usedAt !== undefined) await handle.utimes(usedAt / 1000, usedAt / 1000);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Puts a small blob into the layout. One that is there already counts as used now. */
export async function putBlob(paths: ImagePaths, bytes: Uint8Array | string, now: number): Promise<Digest> {
  const digest = digestOf(bytes);
  if (await isThere(paths, digest, now)) return digest;
  await writeDurably(blobPath(paths, digest), paths.blobs, paths.drafts, bytes, now);
  return digest;
}

/** Whether a small blob is there as it should be; one that was damaged is written again. */
async function isThere(paths: ImagePaths, digest: Digest, now: number): Promise<boolean> {
  if (!(await touchBlob(paths, digest, now))) return false;
  try {
    return digestOf(await readFile(blobPath(paths, digest))) === digest;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Notes that a blob is used now, so that collecting spares it; false where there is none. */
export async function touchBlob(paths: ImagePaths, digest: Digest, now: number): Promise<boolean> {
  try {
    await utimes(blobPath(paths, digest), now / 1000, now / 1000);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** When a blob was last used, in ms since the epoch; null where there is none. */
export async function blobUsedAt(paths: ImagePaths, digest: Digest): Promise<number | null> {
  try {
    return (await stat(blobPath(paths, digest))).mtimeMs;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

/** A small blob (a manifest, a configuration), checked against its digest. */
export async function readBlob(paths: ImagePaths, digest: Digest): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(blobPath(paths, digest));
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    throw new BerthError("image.not-found", `There is no image ${digest}.`, {
      path: digest,
      hint: "Deploy the app again to make it.",
    });
  }
  if (digestOf(bytes) === digest) return bytes;
  throw corruptBlob(digest);
}
