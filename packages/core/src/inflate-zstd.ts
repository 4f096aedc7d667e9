import { once } from "node:events";
import { Duplex } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import type { ZstdDecompress } from "node:zlib";

/** A stream of what zstd files hold that have several frames, one after the other: zlib's own ends with the first. An error of it has a `code` that begins with `ZSTD_`. */
export function createZstdInflate(): Duplex {
  return Duplex.from(inflateZstd);
}

/** What the frames hold, in order, in chunks. */
export async function* inflateZstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  const pieces = cutFrames(chunks);
  try {
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
      const plain = createZstdDecompress();
      const feeding = feedFrame(plain, next.value, pieces);
      feeding.catch((error: Error) => plain.destroy(error));
      yield* plain;
      await feeding;
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** A part of a frame. */
interface Piece {
  bytes: Uint8Array;
  /** The frame ends with it. */
  isLast: boolean;
}

async function feedFrame(plain: ZstdDecompress, first: Piece, rest: AsyncGenerator<Piece>): Promise<void> {
  let piece = first;
  for (;;) {
    if (!plain.write(piece.bytes)) await once(plain, "drain");
    if (piece.isLast) break;
    const next = await rest.next();
    if (next.done === true) throw broken("it breaks off");
    piece = next.value;
  }
  plain.end();
}

/** Cuts a file at the ends of its frames, and leaves out those that are to be passed over. */
async function* cutFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece, void> {
  let frame = new FrameReader();
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const taken = frame.take(chunk.subarray(at));
      if (!frame.isSkipped) yield { bytes: chunk.subarray(at, at + taken), isLast: frame.isWhole };
      at += taken;
      if (frame.isWhole) frame = new FrameReader();
    }
  }
  if (frame.hasBegun) throw broken("it breaks off");
}

const frameMagic = 0xfd2fb528;
/** The lowest of the sixteen magic numbers of frames that are passed over. */
const skippableMagic = 0x184d2a50;

/** Finds where a frame ends, from its own headers and those of its blocks. Source: RFC 8878, 3.1. */
class FrameReader {
  isWhole = false;
  isSkipped = false;
  hasBegun = false;
  /** Bytes of a header that is not whole yet. */
  #header: number[] = [];
  #isInBlocks = false;
  #isLastBlock = false;
  #hasChecksum = false;
  /** What is left of the current content. */
  #contentBytes = 0;

  /** How many of these bytes belong to the frame; it is whole then, or goes on. */
  take(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.isWhole) {
      this.hasBegun = true;
      if (this.#contentBytes > 0) {
        const step = Math.min(this.#contentBytes, bytes.length - at);
        this.#contentBytes -= step;
        at += step;
      } else {
        this.#header.push(bytes[at++] ?? 0);
        if (this.#isInBlocks) this.#readBlockHeader();
        else this.#readFrameHeader();
      }
      this.isWhole = this.#isLastBlock && this.#contentBytes === 0;
    }
    return at;
  }

  #readFrameHeader(): void {
    const header = Buffer.from(this.#header);
    if (header.length === 4) this.isSkipped = isSkippable(header.readUInt32LE(0));
    if (this.isSkipped) {
      if (header.length < 8) return;
      this.#contentBytes = header.readUInt32LE(4);
      this.#isLastBlock = true;
    } else if (header.length >= 5 && header.length === frameHeaderBytes(header.readUInt8(4))) {
      this.#hasChecksum = (header.readUInt8(4) & 0x04) !== 0;
      this.#isInBlocks = true;
      this.#header = [];
    }
  }

  #readBlockHeader(): void {
    if (this.#header.length < 3) return;
    const header = Buffer.from(this.#header).readUIntLE(0, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    this.#isLastBlock = (header & 1) === 1;
    this.#contentBytes = (isRepeated ? 1 : header >> 3) + (this.#isLastBlock && this.#hasChecksum ? 4 : 0);
    this.#header = [];
  }
}

function isSkippable(magic: number): boolean {
  if (magic === frameMagic) return false;
  if ((magic & 0xfffffff0) >>> 0 === skippableMagic) return true;
  throw broken("it does not begin as one");
}

/** Magic number, descriptor, window, dictionary and size of the content. */
function frameHeaderBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
}

function broken(why: string): Error {
  return Object.assign(new Error(`not a whole zstd file: ${why}`), { code: "ZSTD_error_corruption_detected" });
}
