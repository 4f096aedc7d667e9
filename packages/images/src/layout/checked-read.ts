import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";

/**
 * Reads a blob whole. Where it is not what its digest says `onDamage` is told and the stream fails with `image.corrupt` before its last
 * piece: nobody gets all bytes of what is damaged and takes them for the blob.
 */
export function readChecked(path: string, digest: Digest, onDamage: () => Promise<void>): Readable {
  return Readable.from(pieces(path, digest, onDamage), { objectMode: false });
}

async function* pieces(path: string, digest: Digest, onDamage: () => Promise<void>): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let held: Buffer | null = null;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    if (held !== null) yield held;
    held = piece;
  }
  if (`sha256:${hash.digest("hex")}` !== digest) {
    await onDamage();
    throw corruptBlob(digest);
  }
  if (held !== null) yield held;
}

export function corruptBlob(digest: Digest): BerthError {
  return new BerthError("image.corrupt", `The stored blob ${digest} has other content than its name says.`, {
    path: digest,
    hint: "Deploy the app again, or run `berth rebuild`: it is made or fetched anew.",
  });
}
