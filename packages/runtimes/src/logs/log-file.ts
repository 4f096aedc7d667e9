import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, write } from "node:fs";
import { dirname } from "node:path";
import { formatLogLine, maxLineChars } from "./log-line.ts";
import type { LogStream } from "./log-line.ts";

/** A file is put aside as `<name>.1` when it has grown to this; the one before goes. */
export const rotateAtBytes = 5 * 2 ** 20;
/** With this much not yet written, whoever fills the log has to wait. */
const fullAtChars = 256 * 1024;
/** A line's characters take three bytes at most, and its time and stream few. */
const longestLineBytes = 3 * maxLineChars + 64;

/**
 * The log of one instance. Lines are written in order and in the background; `isFull` says when to stop reading the
 * instance's output, `onRoom` when to go on. A full disk loses lines, and says how many once there is room; it never stops the instance.
 */
export class LogFile {
  readonly #path: string;
  readonly #onRoom: () => void;
  #fd: number | null = null;
  #sizeBytes = 0;
  #pending: string[] = [];
  #pendingChars = 0;
  #lostLines = 0;
  #writing: Promise<void> | null = null;
  #isClosed = false;

  constructor(path: string, onRoom: () => void) {
    this.#path = path;
    this.#onRoom = onRoom;
  }

  get isFull(): boolean {
    return this.#pendingChars >= fullAtChars;
  }

  add(at: number, stream: LogStream, texts: readonly string[], nanos: number | null = null): void {
    for (const text of texts) {
      const line = formatLogLine(at, stream, text, nanos);
      this.#pending.push(line);
      this.#pendingChars += line.length;
    }
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything that was added is in the file, or lost. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Writes what was added; what is added later is written, too, and the file closed again each time. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    this.#closeFile();
  }

  async #drain(): Promise<void> {
    // One turn later, so that what comes together is written together.
    await new Promise(setImmediate);
    while (this.#pending.length > 0) {
      const wasFull = this.isFull;
      const lines = this.#pending;
      this.#pending = [];
      this.#pendingChars = 0;
      await this.#writeLines(lines);
      if (wasFull) this.#onRoom();
    }
    if (this.#isClosed) this.#closeFile();
    this.#writing = null;
  }

  async #writeLines(lines: readonly string[]): Promise<void> {
    try {
      const notice =
        this.#lostLines === 0
          ? ""
          : formatLogLine(Date.now(), "berth", `${this.#lostLines} lines could not be written`);
      const bytes = Buffer.from(notice + lines.join(""));
      await writeAll(this.#open(), bytes);
      this.#lostLines = 0;
      this.#sizeBytes += bytes.length;
      if (this.#sizeBytes >= rotateAtBytes) this.#rotate();
    } catch {
      this.#lostLines += lines.length;
      this.#closeFile();
    }
  }

  #open(): number {
    if (this.#fd !== null) return this.#fd;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#fd = openSync(this.#path, "a+", 0o600);
    this.#sizeBytes = cutHalfLine(this.#fd);
    return this.#fd;
  }

  #rotate(): void {
    this.#closeFile();
    renameSync(this.#path, `${this.#path}.1`);
  }

  #closeFile(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

/** Cuts off what a crash has left of a line, for what follows would become part of it. Gives the size of the file then. */
function cutHalfLine(fd: number): number {
  const { size } = fstatSync(fd);
  const tail = Buffer.alloc(Math.min(size, longestLineBytes));
  const read = readSync(fd, tail, 0, tail.length, size - tail.length);
  const end = size - read + tail.lastIndexOf(0x0a, read - 1) + 1;
  if (read === 0 || end === size) return size;
  ftruncateSync(fd, end);
  return end;
}

async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += await new Promise<number>((resolve, reject) => {
      write(fd, bytes, done, bytes.length - done, null, (error, written) => (error ? reject(error) : resolve(written)));
    });
  }
}
