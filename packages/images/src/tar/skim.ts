import { blockBytes, paddingBytes } from "./header.ts";

/** An entry of any tar archive, as far as its headers tell. */
export interface SkimmedEntry {
  /** Without `./` or `/` before it and `/` after it. */
  path: string;
  type: "file" | "other";
  sizeBytes: number;
}

/** Says for an entry whether its content is wanted: then it is called with every piece of it. */
export type OnEntry = (entry: SkimmedEntry) => ((piece: Buffer) => void) | null;

/** Headers that describe the next entry are held whole; what is larger is no header. */
const largestExtendedBytes = 1024 * 1024;

/** Reads an archive piece by piece and passes over what nobody wants. `push` throws where it is no archive, `end` where it breaks off. */
export function makeTarSkimmer(onEntry: OnEntry): { push(chunk: Buffer): void; end(): void } {
  /** The beginning of a block of which the rest has not come yet. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** What is left of the current content, and of the padding behind it. */
  let contentBytes = 0;
  let skipBytes = 0;
  let take: ((piece: Buffer) => void) | null = null;
  let extended: { flag: string; parts: Buffer[] } | null = null;
  /** The size of a sparse file of GNU's, until the further blocks of its map have passed. */
  let sparseBytes: number | null = null;
  let next: { path?: string; sizeBytes?: number } = {};
  let isOver = false;

  function readHeader(block: Buffer): void {
    if (sparseBytes !== null) {
      if (block[504] === 1) return;
      contentBytes = sparseBytes;
      skipBytes = paddingBytes(sparseBytes);
      sparseBytes = null;
      return;
    }
    if (block.every((byte) => byte === 0)) {
      isOver = true;
      return;
    }
    checkSum(block);
    const flag = String.fromCharCode(block[156] ?? 0);
    const describes = flag === "x" || flag === "g" || flag === "L" || flag === "K";
    // What a pax header says is of the entry it precedes, not of other headers.
    const sizeBytes = (describes ? undefined : next.sizeBytes) ?? readNumber(block, 124, 12);
    contentBytes = sizeBytes;
    skipBytes = paddingBytes(sizeBytes);
    take = null;
    if (describes) {
      if (sizeBytes > largestExtendedBytes) throw new Error("a header is too large");
      const parts: Buffer[] = [];
      extended = { flag, parts };
      take = (piece) => void parts.push(Buffer.from(piece));
    } else {
      const path = (next.path ?? nameOf(block)).replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
      const isFile = flag === "0" || flag === "\u0000" || flag === "7";
      next = {};
      // Links, folders and devices have no content, whatever their size says.
      if (/[1-6]/.test(flag)) contentBytes = skipBytes = 0;
      take = onEntry({ path, type: isFile ? "file" : "other", sizeBytes });
      if (flag === "S" && block[482] === 1) {
        sparseBytes = contentBytes;
        contentBytes = skipBytes = 0;
        return;
      }
    }
    if (contentBytes === 0) endContent();
  }

  function endContent(): void {
    take = null;
    if (extended === null) return;
    const body = Buffer.concat(extended.parts);
    if (extended.flag === "x") next = { ...next, ...readPax(body) };
    if (extended.flag === "L") next.path = body.toString().replace(/\0+$/, "");
    extended = null;
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length && !isOver) {
        if (contentBytes > 0) {
          const piece = chunk.subarray(at, at + contentBytes);
          take?.(piece);
          at += piece.length;
          contentBytes -= piece.length;
          if (contentBytes === 0) endContent();
        } else if (skipBytes > 0) {
          const skipped = Math.min(skipBytes, chunk.length - at);
          at += skipped;
          skipBytes -= skipped;
        } else {
          const piece = chunk.subarray(at, at + blockBytes - heldBytes);
          held.push(piece);
          heldBytes += piece.length;
          at += piece.length;
          if (heldBytes < blockBytes) return;
          const block = Buffer.concat(held);
          held = [];
          heldBytes = 0;
          readHeader(block);
        }
      }
    },
    end() {
      // Some writers leave the empty blocks at the end out; breaking off inside an entry is another matter.
      if (contentBytes > 0 || heldBytes > 0) throw new Error("it breaks off");
    },
  };
}

function nameOf(block: Buffer): string {
  const isUstar = block.toString("latin1", 257, 263) === "ustar\u0000";
  const prefix = isUstar ? readText(block, 345, 155) : "";
  return `${prefix === "" ? "" : `${prefix}/`}${readText(block, 0, 100)}`;
}

function readText(block: Buffer, offset: number, width: number): string {
  const field = block.subarray(offset, offset + width);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? width : end);
}

/** Octal digits, or, as GNU writes what is too large for them, a binary number. */
function readNumber(block: Buffer, offset: number, width: number): number {
  if (((block[offset] ?? 0) & 0x80) === 0) {
    const digits = readText(block, offset, width).trim();
    const value = digits === "" ? 0 : Number.parseInt(digits, 8);
    if (!(value >= 0)) throw new Error("a header has no size");
    return value;
  }
  let value = (block[offset] ?? 0) & 0x7f;
  for (let at = offset + 1; at < offset + width; at++) value = value * 256 + (block[at] ?? 0);
  if (!Number.isSafeInteger(value)) throw new Error("a header has no size");
  return value;
}

function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  if (sum !== readNumber(block, 148, 8)) throw new Error("a header's checksum is wrong");
}

/** `<length> <key>=<value>\n`, where the length counts itself, in bytes. */
function readPax(body: Buffer): { path?: string; sizeBytes?: number } {
  const found: { path?: string; sizeBytes?: number } = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number.parseInt(body.toString("latin1", at, space), 10);
    if (space === -1 || !(length > 0)) throw new Error("an extended header cannot be read");
    const record = body.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key === "path") found.path = value;
    if (key === "size" && Number.isSafeInteger(Number(value))) found.sizeBytes = Number(value);
    at += length;
  }
  return found;
}
