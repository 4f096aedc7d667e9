import { closeSync, openSync } from "node:fs";
import type { Digest } from "@berth/core";
import { BlobWriter } from "./blob-writer.ts";
import type { Member } from "./blob-writer.ts";
import { ChunkCutter } from "./chunks.ts";
import type { Chunk } from "./chunks.ts";
import { checksum } from "./compression.ts";
import type { Compression } from "./compression.ts";
import type { LayerEntry } from "./entry.ts";
import { readAt } from "./read-at.ts";
import type { FindMember, PlacedMember } from "./reuse.ts";

/** Gives other work of the thread its turn. */
export type Breathe = () => Promise<void>;

/** A layer that was compressed before, of which equal chunks are taken as they are. */
export interface EarlierBlob {
  path: string;
  find: FindMember;
}

export interface CompressorOptions {
  /** The archive, open for reading while it is written. */
  archiveFd: number;
  /** Of the blob; must not exist yet. */
  path: string;
  compression: Compression;
  earlier: EarlierBlob | null;
  breathe: Breathe;
}

/** One buffer for all that is only read: fresh ones would be most of the work. No chunk and no member is larger. */
const room = Buffer.allocUnsafeSlow((1 << 20) + (64 << 10));

/** Follows the writing of a layer's archive and compresses, chunk by chunk, what is there of it; the archive never waits for it. */
export class Compressor {
  readonly blob: BlobWriter;
  readonly #options: CompressorOptions;
  readonly #cutter = new ChunkCutter();
  #earlierFd: number | null;
  readonly #chunks: Chunk[] = [];
  #entries: readonly LayerEntry[] = [];
  #writtenBytes = 0;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(options: CompressorOptions) {
    this.#options = options;
    this.blob = new BlobWriter(options.path, options.compression);
    this.#earlierFd = options.earlier === null ? null : openSync(options.earlier.path, "r");
  }

  /** Says which entries there are and how much of the archive can be read. Throws what went wrong before. */
  advance(entries: readonly LayerEntry[], writtenBytes: number): void {
    this.#entries = entries;
    this.#writtenBytes = writtenBytes;
    this.#chunks.push(...this.#cutter.take(entries));
    this.#start();
  }

  /** Compresses the rest of an archive that is whole now. */
  async finish(archiveBytes: number): Promise<{ digest: Digest; sizeBytes: number; members: readonly Member[] }> {
    this.#writtenBytes = archiveBytes;
    this.#chunks.push(...this.#cutter.end(archiveBytes));
    while (this.#chunks.length > 0) {
      this.#start();
      await this.#running;
    }
    await this.#running;
    const finished = await this.blob.finish();
    this.#closeEarlier();
    return { ...finished, members: this.blob.members };
  }

  /** Gives up. The files may be removed at once. */
  abort(): void {
    this.#stopped = true;
    this.#closeEarlier();
    this.blob.close();
  }

  #start(): void {
    if (this.#running !== null || this.#nextChunk() === null) return;
    const running = this.#run();
    this.#running = running;
    // A failure stays, for whoever waits for the end.
    running.then(
      () => (this.#running = null),
      () => {},
    );
  }

  /** The next chunk, where it can be read already. */
  #nextChunk(): Chunk | null {
    const chunk = this.#chunks[0];
    return chunk !== undefined && chunk.offset + chunk.lengthBytes <= this.#writtenBytes ? chunk : null;
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.blob.room();
      await this.#options.breathe();
      const chunk = this.#stopped ? null : this.#nextChunk();
      if (chunk === null) return;
      this.#chunks.shift();
      const found = this.#options.earlier?.find(chunk, this.#entries) ?? null;
      const bytes = found === null ? null : this.#readEarlier(found, chunk);
      if (found !== null && bytes !== null) this.blob.addMember(bytes, found.member);
      else this.blob.add(readAt(this.#options.archiveFd, chunk.offset, chunk.lengthBytes));
    }
  }

  /** The bytes of an earlier member, good until the next are read; null where they, or what they were made from, are not what they were. */
  #readEarlier({ member, blobOffset }: PlacedMember, chunk: Chunk): Buffer | null {
    if (this.#earlierFd === null) return null;
    if (Math.max(member.sizeBytes, chunk.lengthBytes) > room.length) return null;
    const plain = readAt(this.#options.archiveFd, chunk.offset, chunk.lengthBytes, room);
    if (checksum(plain) !== member.plainChecksum) return null;
    const bytes = readAt(this.#earlierFd, blobOffset, member.sizeBytes, room);
    return checksum(bytes) === member.checksum ? bytes : null;
  }

  #closeEarlier(): void {
    if (this.#earlierFd !== null) closeSync(this.#earlierFd);
    this.#earlierFd = null;
  }
}
