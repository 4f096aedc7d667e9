import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createZstdInflate, inflateZstd } from "./inflate-zstd.ts";

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const parts = [
  Buffer.from("text ".repeat(60_000)),
  randomBytes(400_000),
  Buffer.from("x"),
  Buffer.alloc(3_000_000),
  Buffer.alloc(0),
  Buffer.from("the end"),
];
const whole = Buffer.concat(parts);

/** A frame that readers pass over. */
function makeSkippable(content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a53, 0);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

const file = Buffer.concat([
  ...parts.map((part, index) => zstdCompressSync(part, index % 2 === 0 ? checked : {})),
  makeSkippable(Buffer.from("a table of contents")),
  makeSkippable(Buffer.alloc(0)),
]);

const inPieces = (bytes: Buffer, sizeBytes: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / sizeBytes) }, (_, i) =>
      bytes.subarray(i * sizeBytes, (i + 1) * sizeBytes),
    ),
  );

async function inflate(source: Readable): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(inflateZstd(source)));
}

describe("a zstd file of several frames", () => {
  it.each([1, 7, 1000, 65_536, file.length])("is read to its end when it comes in pieces of %d bytes", async (size) => {
    const bytes = size === 1 ? Buffer.concat([zstdCompressSync("one"), zstdCompressSync("two", checked)]) : file;
    expect((await inflate(inPieces(bytes, size))).equals(size === 1 ? Buffer.from("onetwo") : whole)).toBe(true);
  });

  it("can be read in a pipeline", async () => {
    let bytes = 0;
    await pipeline(inPieces(file, 50_000), createZstdInflate(), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) bytes += chunk.length;
    });
    expect(bytes).toBe(whole.length);
  });

  it("is empty where there is no frame", async () => {
    expect(await inflate(Readable.from([]))).toHaveLength(0);
  });

  it("is refused where it breaks off, is damaged, or is something else", async () => {
    const damaged = Buffer.from(file);
    damaged.fill(0xff, 40, 60);
    for (const bytes of [file.subarray(0, -1), file.subarray(0, 100), damaged, Buffer.from("no zstd at all")]) {
      await expect(inflate(inPieces(bytes, 30_000))).rejects.toMatchObject({ code: expect.stringMatching(/^ZSTD_/) });
    }
  });

  it("lets go of its source where nobody reads on", async () => {
    const source = inPieces(file, 1000);
    for await (const chunk of inflateZstd(source)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(source.destroyed).toBe(true);
  });
});
