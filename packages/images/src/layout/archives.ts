import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import type { TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Digest } from "@berth/core";
import { createZstdInflate } from "@berth/core/inflate-zstd";
import { contentMtime } from "../tar/mtime.ts";
import { codeOf, Problem } from "../worker/problem.ts";
import { chooseArchivesToDrop } from "./archive-use.ts";
import { keepRoom } from "./keep-room.ts";
import { hexOf } from "./paths.ts";
import type { ImagePaths } from "./paths.ts";
import type { BlobForm } from "./blob-form.ts";

/** An archive that was made again from its blob. */
export interface Inflated {
  path: string;
  diffId: Digest;
  archiveBytes: number;
}

/**
 * The plain archives of layers: what layers are made from and copies are read from. A cache beside the blobs: none is safe on the disk,
 * and one that is missing, or was changed, is made again from its blob. Its mtime follows from its name, its atime says when it was last used.
 */
export function makeArchives(paths: ImagePaths) {
  mkdirSync(paths.archives, { recursive: true });
  const pathOf = (digest: Digest) => join(paths.archives, hexOf(digest));
  const mtimeOf = (digest: Digest) => contentMtime(hexOf(digest));
  const use = (path: string, digest: Digest) => utimesSync(path, Date.now() / 1000, mtimeOf(digest));

  /** Gives a finished archive its place. */
  function keep(draft: string, digest: Digest): string {
    use(draft, digest);
    renameSync(draft, pathOf(digest));
    return pathOf(digest);
  }

  return {
    keep,

    /** The path of a layer's archive; null where there is none, or not as it was written. */
    find(digest: Digest, archiveBytes: number): string | null {
      const path = pathOf(digest);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined || stat.size !== archiveBytes || stat.mtimeMs !== mtimeOf(digest) * 1000) return null;
      use(path, digest);
      return path;
    },

    /** Makes an archive again from its compressed blob. Throws `image.corrupt` where the blob is not what its digest says. */
    async inflate(digest: Digest, blob: string, form: Exclude<BlobForm, "plain">, draft: string): Promise<Inflated> {
      const [blobHash, plainHash] = [createHash("sha256"), createHash("sha256")];
      try {
        await pipeline(
          // Opened at once: the file may be moved into the layout meanwhile.
          createReadStream(blob, { fd: openSync(blob, "r"), highWaterMark: 1 << 18 }),
          through(blobHash),
          form === "gzip" ? createGunzip({ chunkSize: 1 << 18 }) : createZstdInflate(),
          through(plainHash),
          keepRoom(() => freeBytesOf(paths.archives)),
          createWriteStream(draft, { flags: "wx", mode: 0o644 }),
        );
        if (`sha256:${blobHash.digest("hex")}` !== digest) throw corrupt(digest);
        const archiveBytes = statSync(draft).size;
        return { path: keep(draft, digest), diffId: `sha256:${plainHash.digest("hex")}`, archiveBytes };
      } catch (error) {
        rmSync(draft, { force: true });
        throw isDataError(error) ? corrupt(digest) : error;
      }
    },

    /** Removes all of them: a cache gives way where the disk is full. */
    clear(): void {
      for (const name of readdirSync(paths.archives)) rmSync(join(paths.archives, name), { force: true });
    },

    /** Removes archives whose blob is gone, and those that are likely not to be used soon; returns the bytes that became free. */
    sweep(hasBlob: (digest: Digest) => boolean, now: number): number {
      const kept = readdirSync(paths.archives).flatMap((name) => {
        const stat = statSync(join(paths.archives, name), { throwIfNoEntry: false });
        if (stat === undefined) return [];
        return [{ name, sizeBytes: stat.size, usedAt: stat.atimeMs, hasBlob: hasBlob(`sha256:${name}`) }];
      });
      let freed = 0;
      for (const { name, sizeBytes } of chooseArchivesToDrop(kept, now)) {
        rmSync(join(paths.archives, name), { force: true });
        freed += sizeBytes;
      }
      return freed;
    },
  };
}

export type Archives = ReturnType<typeof makeArchives>;

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Takes what passes through into a hash. */
function through(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** Whether zlib or zstd says that its input makes no sense. */
function isDataError(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && (code.startsWith("Z_") || code.startsWith("ZSTD_"));
}

function corrupt(digest: Digest): Problem {
  const message = `The stored layer ${digest} has other content than its name says.`;
  return new Problem("image.corrupt", message, digest, "Deploy the app again to make it anew.");
}
