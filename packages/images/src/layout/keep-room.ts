import { Transform } from "node:stream";
import type { TransformCallback } from "node:stream";

/** Less than what is kept free for everything else is no room. */
const reserveBytes = 2 ** 27;
const lookEveryBytes = 2 ** 26;

/**
 * Passes on what is going to a disk, until there is no room on it but a reserve: a small blob may become an archive of any size, and who
 * made it may mean that. Small ones are not looked at.
 */
export function keepRoom(freeBytes: () => number): Transform {
  let unseen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      unseen += chunk.length;
      if (unseen < lookEveryBytes) return done(null, chunk);
      unseen = 0;
      if (freeBytes() >= reserveBytes) return done(null, chunk);
      done(Object.assign(new Error("ENOSPC: no space is left beside the reserve"), { code: "ENOSPC" }));
    },
  });
}
