import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

/** Reads `length` bytes of an open file at `offset`; fewer only at its end. With `into` they go to the beginning of that buffer. */
export function readAt(fd: number, offset: number, length: number, into?: Buffer): Buffer {
  const buffer = into ?? Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** SHA-256 in hex of a range of an open file. */
export function hashRange(fd: number, offset: number, length: number): string {
  const hash = createHash("sha256");
  const stepBytes = 1 << 20;
  for (let at = 0; at < length; at += stepBytes) hash.update(readAt(fd, offset + at, Math.min(stepBytes, length - at)));
  return hash.digest("hex");
}

/** SHA-256 in hex of the first `sizeBytes` of a file. */
export function hashPath(path: string, sizeBytes: number): string {
  const fd = openSync(path, "r");
  try {
    return hashRange(fd, 0, sizeBytes);
  } finally {
    closeSync(fd);
  }
}
