import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, it } from "vitest";
import { keepRoom } from "./keep-room.ts";

const mebibyte = 2 ** 20;

/** Writes zeros to a disk of so much room; resolves with how much there was of them in the end. */
async function write(bytes: number, room: number): Promise<{ written: number; code: unknown }> {
  let written = 0;
  const chunk = Buffer.alloc(mebibyte);
  const zeros = Readable.from(Array.from({ length: bytes / mebibyte }, () => chunk));
  const disk = new Writable({
    write(part: Buffer, _encoding, done) {
      written += part.length;
      done();
    },
  });
  const end = pipeline(
    zeros,
    keepRoom(() => room - written),
    disk,
  );
  const code = await end.then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code,
  );
  return { written, code };
}

it("lets through what there is room for", async () => {
  expect(await write(300 * mebibyte, 600 * mebibyte)).toEqual({ written: 300 * mebibyte, code: null });
});

it("ends before the disk is full, however much would come", async () => {
  const { written, code } = await write(2_000 * mebibyte, 400 * mebibyte);
  expect(code).toBe("ENOSPC");
  expect(written).toBeLessThan(340 * mebibyte);
});
