import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Berth } from "../support/berth.ts";

export function blobPath(berth: Pick<Berth, "home">, digest: string): string {
  return join(berth.home, "images/blobs/sha256", digest.slice("sha256:".length));
}

export function readJson(berth: Pick<Berth, "home">, digest: string) {
  return JSON.parse(readFileSync(blobPath(berth, digest), "utf8"));
}

/** Changes one byte of a file, as a damaged disk or a careful hand would: mode, size and times stay. Returns how to put it back. */
export function flipByte(path: string, at?: number): () => void {
  const { mode, atime, mtime } = statSync(path);
  const before = readFileSync(path);
  const changed = Buffer.from(before);
  changed[at ?? before.length >> 1]! ^= 1;
  const put = (content: Buffer) => {
    chmodSync(path, 0o644);
    writeFileSync(path, content);
    chmodSync(path, mode & 0o777);
    utimesSync(path, atime, mtime);
  };
  put(changed);
  return () => put(before);
}
