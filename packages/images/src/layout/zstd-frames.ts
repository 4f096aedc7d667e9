import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { Problem } from "../worker/problem.ts";

const decompress = promisify(zstdDecompress);
const frameMagic = 0xfd2fb528;
/** The lowest of the sixteen magic numbers of frames that are passed over. */
const skippableMagic = 0x184d2a50;
/** Ours are of a part of an archive, about 1 MB. */
const largestFrameBytes = 64 << 20;

/** What zstd frames hold, frame by frame: zlib's own stream ends with the first one. Throws `image.corrupt`. */
export async function* inflateFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    for (let length = frameLength(held); length !== null && length <= held.length; length = frameLength(held)) {
      if (held.readUInt32LE(0) === frameMagic) yield await decompress(held.subarray(0, length));
      held = held.subarray(length);
    }
    if (held.length > largestFrameBytes) throw corrupt();
  }
  if (held.length > 0) throw corrupt();
}

/** The length of the frame that these bytes begin with; null where they are too few to tell. Source: RFC 8878, 3.1. */
export function frameLength(bytes: Buffer): number | null {
  if (bytes.length < 8) return null;
  const magic = bytes.readUInt32LE(0);
  if ((magic & 0xfffffff0) >>> 0 === skippableMagic) return 8 + bytes.readUInt32LE(4);
  if (magic !== frameMagic) throw corrupt();
  const descriptor = bytes.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes;
  for (;;) {
    if (at + 3 > bytes.length) return null;
    const header = bytes.readUIntLE(at, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    if ((header & 1) === 1) return at + (hasChecksum ? 4 : 0);
  }
}

function corrupt(): Problem {
  return new Problem(
    "image.corrupt",
    "A layer is no valid zstd file.",
    null,
    "Deploy the app again to make a new one.",
  );
}
