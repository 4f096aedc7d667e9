import { Problem } from "../worker/problem.ts";
import { blockBytes, paddingBytes } from "./header.ts";
import type { TarHeader } from "./header.ts";

export interface ParsedEntry extends TarHeader {
  /** Where its first header begins in the archive. */
  offset: number;
  /** Where its content begins. */
  contentOffset: number;
}

/** Reads `length` bytes at `offset`; fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Buffer;

const types: Record<string, TarHeader["type"]> = {
  "0": "file",
  "\u0000": "file",
  "1": "hardlink",
  "2": "link",
  "5": "folder",
};

/** The entries of a tar archive in order, read by its headers alone. Throws `image.corrupt` for what is no archive, `image.unfit` for kinds of entries that an image of ours never has. */
export function* parseTar(read: ReadAt): Generator<ParsedEntry> {
  let offset = 0;
  let start = 0;
  let pax: Record<string, string> = {};
  for (;;) {
    const block = read(offset, blockBytes);
    if (block.length < blockBytes) throw corrupt("it ends too early");
    if (block.every((byte) => byte === 0)) return;
    verifyChecksum(block);
    const flag = block.toString("latin1", 156, 157);
    const size = pax["size"] === undefined ? octal(block, 124, 12) : Number(pax["size"]);
    const contentOffset = offset + blockBytes;
    if (flag === "x") {
      pax = parsePax(read(contentOffset, size));
    } else {
      const type = types[flag];
      if (type === undefined) throw unfit(flag);
      const prefix = text(block, 345, 155);
      const name = text(block, 0, 100);
      yield {
        name: pax["path"] ?? (prefix === "" ? name : `${prefix}/${name}`),
        type,
        mode: octal(block, 100, 8),
        owner: octal(block, 108, 8),
        sizeBytes: size,
        mtime: octal(block, 136, 12),
        target: pax["linkpath"] ?? text(block, 157, 100),
        offset: start,
        contentOffset,
      };
      pax = {};
    }
    offset = contentOffset + size + paddingBytes(size);
    if (flag !== "x") start = offset;
  }
}

function text(block: Buffer, offset: number, width: number): string {
  const field = block.subarray(offset, offset + width);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? width : end);
}

function octal(block: Buffer, offset: number, width: number): number {
  return Number.parseInt(text(block, offset, width).trim(), 8);
}

function verifyChecksum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  if (sum !== octal(block, 148, 8)) throw corrupt("a header's checksum is wrong");
}

function parsePax(body: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number.parseInt(body.toString("latin1", at, space), 10);
    if (space === -1 || !(length > 0)) throw corrupt("an extended header cannot be read");
    const record = body.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}

function corrupt(why: string): Problem {
  return new Problem(
    "image.corrupt",
    `A layer cannot be read: ${why}.`,
    null,
    "Deploy the app again to make a new one.",
  );
}

function unfit(flag: string): Problem {
  const message = `A layer has an entry of the type ${JSON.stringify(flag)}, which only a container can have.`;
  return new Problem("image.unfit", message, null, "Run this image with Docker.");
}
