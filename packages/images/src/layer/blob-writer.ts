import { createHash } from "node:crypto";
import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import type { Digest } from "@berth/core";
import { checksum, compress } from "./compression.ts";
import type { Compression } from "./compression.ts";

const sync = promisify(fdatasync);
/** So many parts are compressed at once: one thread of the process' pool is left to others. */
const mostAtOnce = 3;
/** So much that needs no compressing may wait for what comes before it. */
const mostWaitingBytes = 4 << 20;

/** A compressed part of a blob, with checksums of what it was made from and of itself. */
export interface Member {
  plainBytes: number;
  plainChecksum: number;
  sizeBytes: number;
  checksum: number;
}

/** Writes a layer's blob, part by part in the order given, hashing it once. Memory does not grow with the blob as long as `room` is awaited. */
export class BlobWriter {
  readonly path: string;
  readonly members: Member[] = [];
  readonly #fd: number;
  readonly #compression: Compression;
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;
  #open = true;
  /** Parts that are not written yet, from the oldest; each is written when it and those before it are ready. One that failed stays. */
  readonly #running: Promise<void>[] = [];
  #compressing = 0;
  #waitingBytes = 0;

  /** `path` must not exist yet. */
  constructor(path: string, compression: Compression) {
    this.path = path;
    this.#compression = compression;
    this.#fd = openSync(path, "wx", 0o644);
  }

  /** Resolves when another part may be given. Throws what went wrong with an earlier one. */
  async room(): Promise<void> {
    while (this.#compressing >= mostAtOnce || this.#waitingBytes >= mostWaitingBytes) await this.#running[0];
  }

  /** Compresses a part, which must not be changed afterwards. */
  add(plain: Uint8Array): void {
    this.#compressing++;
    this.#enqueue(this.#compress(plain, this.#running.at(-1)));
  }

  /** Adds a part that was compressed before. The bytes may be changed afterwards. */
  addMember(bytes: Uint8Array, member: Member): void {
    const before = this.#running.at(-1);
    if (before === undefined) return this.#write(bytes, member);
    this.#waitingBytes += bytes.length;
    this.#enqueue(this.#writeAfter(before, Uint8Array.from(bytes), member));
  }

  async finish(): Promise<{ digest: Digest; sizeBytes: number }> {
    while (this.#running.length > 0) await this.#running[0];
    return { digest: `sha256:${this.#hash.digest("hex")}`, sizeBytes: this.#sizeBytes };
  }

  /** Resolves when all of it is on the disk. */
  async sync(): Promise<void> {
    try {
      await sync(this.#fd);
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  async #compress(plain: Uint8Array, before: Promise<void> | undefined): Promise<void> {
    const [bytes] = await Promise.all([compress(plain, this.#compression), before]);
    const sums = { plainChecksum: checksum(plain), checksum: checksum(bytes) };
    this.#write(bytes, { plainBytes: plain.length, sizeBytes: bytes.length, ...sums });
    this.#compressing--;
    this.#running.shift();
  }

  async #writeAfter(before: Promise<void>, bytes: Uint8Array, member: Member): Promise<void> {
    await before;
    this.#write(bytes, member);
    this.#waitingBytes -= bytes.length;
    this.#running.shift();
  }

  #enqueue(written: Promise<void>): void {
    // It is awaited later; until then its failure is not an unhandled one.
    written.catch(() => {});
    this.#running.push(written);
  }

  #write(bytes: Uint8Array, member: Member): void {
    // One that was given up takes no more.
    if (!this.#open) return;
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
    this.members.push(member);
  }
}
