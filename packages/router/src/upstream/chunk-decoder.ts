import type { FaultKind } from "./fault.ts";
import { areFieldLines, isSpoiled, maxHeadBytes, readFields } from "./fields.ts";

type State = "size" | "extension" | "size-end" | "data" | "data-cr" | "data-lf" | "trailers";

/** Twelve hex digits are more than anybody sends, and no more than a number holds. */
const maxSizeDigits = 12;
const maxExtensionBytes = 4_096;

const cr = 13;
const lf = 10;
const semicolon = 59;

/**
 * Takes the chunks of one body apart (RFC 9112, 7.1), strictly: a size is hex digits and nothing else, lines end with CR LF, extensions are ignored.
 */
export class ChunkDecoder {
  /** Where the body's bytes of the last call end: they were moved together, to where that call began. */
  bodyEnd = 0;
  /** Where it has come to in the bytes of the last call. */
  next = 0;
  isDone = false;
  /** Names and values in turn. */
  trailers: string[] = [];
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerText = "";

  /** Takes the bytes from `from` to `to`, or as many as belong to this body. */
  decode(bytes: Buffer, from: number, to: number): FaultKind | null {
    this.bodyEnd = from;
    this.next = from;
    while (this.next < to && !this.isDone) {
      const fault = this.#state === "data" ? this.#move(bytes, to) : this.#step(bytes, to);
      if (fault !== null) return fault;
    }
    return null;
  }

  #move(bytes: Buffer, to: number): null {
    const { next } = this;
    const count = Math.min(this.#size, to - next);
    if (next !== this.bodyEnd) bytes.copyWithin(this.bodyEnd, next, next + count);
    this.bodyEnd += count;
    this.next += count;
    this.#size -= count;
    if (this.#size === 0) this.#state = "data-cr";
    return null;
  }

  #step(bytes: Buffer, to: number): FaultKind | null {
    if (this.#state === "trailers") return this.#readTrailers(bytes, to);
    const byte = bytes[this.next++]!;
    switch (this.#state) {
      case "size":
        return this.#readSize(byte);
      case "extension":
        if (byte === cr) this.#state = "size-end";
        else if (byte === lf || byte === 0 || ++this.#extensionBytes > maxExtensionBytes) return "not-http";
        return null;
      case "size-end":
        if (byte !== lf) return "not-http";
        this.#state = this.#size === 0 ? "trailers" : "data";
        return null;
      case "data-cr":
        if (byte !== cr) return "not-http";
        this.#state = "data-lf";
        return null;
      default:
        if (byte !== lf) return "not-http";
        this.#state = "size";
        this.#digits = 0;
        return null;
    }
  }

  #readSize(byte: number): FaultKind | null {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      this.#size = this.#size * 16 + digit;
      return ++this.#digits > maxSizeDigits ? "not-http" : null;
    }
    if (this.#digits === 0 || (byte !== cr && byte !== semicolon)) return "not-http";
    this.#extensionBytes = 0;
    this.#state = byte === cr ? "size-end" : "extension";
    return null;
  }

  #readTrailers(bytes: Buffer, to: number): FaultKind | null {
    const before = this.#trailerText.length;
    const text = this.#trailerText + bytes.toString("latin1", this.next, Math.min(to, this.next + maxHeadBytes + 1));
    const end = text.startsWith("\r\n") ? 2 : text.indexOf("\r\n\r\n", Math.max(0, before - 3)) + 4;
    if (end > maxHeadBytes || (end === 3 && text.length > maxHeadBytes)) return "too-large";
    if (end === 3) {
      this.#trailerText = text;
      this.next = to;
      return isSpoiled(text) ? "not-http" : null;
    }
    const whole = text.slice(0, end);
    if (!areFieldLines(whole)) return "not-http";
    this.trailers = readFields(whole, 0);
    this.next += end - before;
    this.isDone = true;
    return null;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
