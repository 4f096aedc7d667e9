import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { BerthError, hasCode } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import { putBlob, readBlob, touchBlob } from "./blobs.ts";
import { readChecked } from "./checked-read.ts";
import { blobPath, hexOf } from "./paths.ts";
import type { ImagePaths } from "./paths.ts";
import { syncFolder } from "./sync-folder.ts";

/** First and last byte, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

/** The blobs of the layout, by digest. What is there is whole; what is being written becomes visible when it is safe on the disk. */
export interface BlobStore {
  /** In bytes; null where there is no such blob. */
  sizeBytes(digest: Digest): Promise<number | null>;
  /** Its content, or a part of it as it lies there. What is read whole and is not what its digest says is set aside: `image.corrupt`, before the last piece. */
  read(digest: Digest, range?: ByteRange): Readable;
  /** A small blob whole, checked against its digest. Throws `image.not-found`, `image.corrupt`. */
  readWhole(digest: Digest): Promise<Buffer>;
  /** Takes away a blob that is not what its digest says, so that it is made or fetched anew. It is kept for a day, among the drafts. */
  setAside(digest: Digest): Promise<void>;
  /** Keeps small content. */
  put(content: Uint8Array | string): Promise<Digest>;
  /** Notes that a blob is used now, so that collecting spares it; false where there is none. */
  touch(digest: Digest): Promise<boolean>;
  /** Begins a blob, or goes on with the one of this name that was begun before, also by an earlier process. One at a time may have a name. */
  draft(name: string): Promise<BlobDraft>;
  /** The drafts that were begun and neither finished nor forgotten. */
  drafts(): Promise<string[]>;
  /** How much of a draft there is, and when the last of it was written (ms since the epoch); null where there is none. */
  draftState(name: string): Promise<{ sizeBytes: number; writtenAt: number } | null>;
  /** Forgets a draft that nobody has open, without reading it. */
  discardDraft(name: string): Promise<void>;
}

/** A blob in the making. */
export interface BlobDraft {
  /** What has been written so far. */
  readonly sizeBytes: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Makes it a blob, safe on the disk. Throws `image.corrupt` where the content is not what was expected, and forgets the draft. */
  finish(expected: Digest | null): Promise<{ digest: Digest; sizeBytes: number }>;
  /** Leaves it, to be gone on with later. */
  close(): Promise<void>;
  /** Forgets it. */
  discard(): Promise<void>;
}

const namePattern = /^\w[\w.-]{0,127}$/;

export function makeBlobStore(paths: ImagePaths, clock: Pick<Clock, "now">): BlobStore {
  return {
    async sizeBytes(digest) {
      try {
        return (await stat(blobPath(paths, digest))).size;
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    },
    read: (digest, range) =>
      range === undefined
        ? readChecked(blobPath(paths, digest), digest, () => setAside(paths, digest, clock.now()))
        : createReadStream(blobPath(paths, digest), { start: range.first, end: range.last }),
    setAside: (digest) => setAside(paths, digest, clock.now()),
    readWhole: (digest) => readBlob(paths, digest),
    put: (content) => putBlob(paths, content, clock.now()),
    touch: (digest) => touchBlob(paths, digest, clock.now()),
    draft: (name) => openDraft(paths, name, clock),
    async drafts() {
      try {
        return await readdir(paths.partial);
      } catch (error) {
        if (hasCode(error, "ENOENT")) return [];
        throw error;
      }
    },
    async draftState(name) {
      try {
        const { size, mtimeMs } = await stat(draftPath(paths, name));
        return { sizeBytes: size, writtenAt: mtimeMs };
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    },
    discardDraft: (name) => rm(draftPath(paths, name), { force: true }),
  };
}

async function setAside(paths: ImagePaths, digest: Digest, now: number): Promise<void> {
  const path = draftPath(paths, `damaged-${hexOf(digest)}`);
  await mkdir(paths.partial, { recursive: true });
  try {
    await rename(blobPath(paths, digest), path);
    await utimes(path, now / 1000, now / 1000);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

function draftPath(paths: ImagePaths, name: string): string {
  if (!namePattern.test(name)) throw new TypeError(`not a name of a draft: ${JSON.stringify(name)}`);
  return join(paths.partial, name);
}

async function openDraft(paths: ImagePaths, name: string, clock: Pick<Clock, "now">): Promise<BlobDraft> {
  const path = draftPath(paths, name);
  await mkdir(paths.partial, { recursive: true });
  const handle = await open(path, "a+", 0o644);
  const hash = createHash("sha256");
  let sizeBytes = await hashWritten(handle, hash);

  const discard = async () => {
    await handle.close();
    await rm(path, { force: true });
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async append(chunk) {
      await handle.writeFile(chunk);
      hash.update(chunk);
      sizeBytes += chunk.length;
    },
    async finish(expected) {
      const digest: Digest = `sha256:${hash.digest("hex")}`;
      if (expected !== null && digest !== expected) {
        await discard();
        throw new BerthError("image.corrupt", `A blob that should be ${expected} arrived as ${digest}.`, {
          path: expected,
          hint: "Try again; if it happens again, what sent it is damaged, or something in between changes what it sends.",
        });
      }
      const now = clock.now() / 1000;
      await handle.utimes(now, now);
      await handle.datasync();
      await handle.close();
      await rename(path, blobPath(paths, digest));
      await syncFolder(paths.blobs);
      return { digest, sizeBytes };
    },
    close: () => handle.close(),
    discard,
  };
}

/** Takes what an earlier process has written into the hash, and returns how much that is. */
async function hashWritten(handle: FileHandle, hash: Hash): Promise<number> {
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return at;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
