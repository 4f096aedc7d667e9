import { open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LogLine } from "@berth/core";
import { parseLogLine } from "./log-line.ts";

const chunkBytes = 64 * 1024;
const newline = 0x0a;
const suffix = ".log";

/** The instances that have a log in this folder. */
export async function loggedInstances(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const ids = names.flatMap((name) => /^(.+)\.log(?:\.1)?$/.exec(name)?.[1] ?? []);
  return [...new Set(ids)].sort();
}

/** Reads one instance's log from its end, and on as it grows, through rotations. */
export class LogReader {
  readonly #path: string;
  readonly #instance: string;
  #file: FileHandle | null = null;
  #inode = 0;
  #offset = 0;

  constructor(folder: string, instance: string) {
    this.#path = join(folder, `${instance}${suffix}`);
    this.#instance = instance;
  }

  /** The newest `count` lines; `next` goes on after them. */
  async tail(count: number): Promise<LogLine[]> {
    await this.#open();
    if (!this.#file) return count === 0 ? [] : this.#parse(await tailOfPath(`${this.#path}.1`, count));
    const { lines, end } = await tailOf(this.#file, count);
    this.#offset = end;
    const older = lines.length < count ? await tailOfPath(`${this.#path}.1`, count - lines.length) : [];
    return this.#parse([...older, ...lines]);
  }

  /** The whole lines that were written since, at most about a chunk's worth; empty where there is nothing new. */
  async next(): Promise<LogLine[]> {
    if (!this.#file) await this.#open();
    if (!this.#file) return [];
    const lines = await this.#readOn(this.#file);
    if (lines.length > 0) return this.#parse(lines);
    const successor = await this.#findSuccessor(this.#file);
    if (!successor) return [];
    // What was written between the two looks; nothing more comes to a file that was put aside.
    const last = await this.#readOn(this.#file);
    await this.#file.close();
    this.#file = successor;
    this.#inode = (await successor.stat()).ino;
    this.#offset = 0;
    return last.length > 0 ? this.#parse(last) : this.next();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  /** The file that follows the one being read, where that was put aside; null where it still is the newest. */
  async #findSuccessor(current: FileHandle): Promise<FileHandle | null> {
    // Without a name it was put aside twice since the last look, and what came between lies aside now.
    const names = (await current.stat()).nlink === 0 ? [`${this.#path}.1`, this.#path] : [this.#path];
    for (const name of names) {
      const file = await openOrNull(name);
      if (file && (await file.stat()).ino !== this.#inode) return file;
      await file?.close();
    }
    return null;
  }

  async #open(): Promise<void> {
    this.#file = await openOrNull(this.#path);
    if (this.#file) this.#inode = (await this.#file.stat()).ino;
  }

  async #readOn(file: FileHandle): Promise<string[]> {
    const buffer = Buffer.alloc(chunkBytes * 2);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(newline) + 1;
    this.#offset += end;
    return end === 0 ? [] : buffer.toString("utf8", 0, end - 1).split("\n");
  }

  #parse(lines: readonly string[]): LogLine[] {
    return lines.flatMap((line) => {
      const parsed = parseLogLine(line);
      if (parsed === null) return [];
      const { at, stream, text } = parsed;
      return [{ at, instance: this.#instance, stream, text }];
    });
  }
}

/** The last `count` whole lines of a file, read from its end, and the offset after them. */
async function tailOf(file: FileHandle, count: number): Promise<{ lines: string[]; end: number }> {
  const { size } = await file.stat();
  let start = size;
  let bytes = Buffer.alloc(0);
  let newlines = 0;
  while (start > 0 && newlines <= count) {
    const length = Math.min(chunkBytes, start);
    const chunk = Buffer.alloc(length);
    const { bytesRead } = await file.read(chunk, 0, length, start - length);
    start -= length;
    newlines += countNewlines(chunk.subarray(0, bytesRead));
    bytes = Buffer.concat([chunk.subarray(0, bytesRead), bytes]);
  }
  const end = bytes.lastIndexOf(newline) + 1;
  const lines = end === 0 ? [] : bytes.toString("utf8", 0, end - 1).split("\n");
  return { lines: count === 0 ? [] : lines.slice(-count), end: start + end };
}

/** The last `count` whole lines of a file as they are written there; none where it is not there. */
export async function tailOfPath(path: string, count: number): Promise<string[]> {
  const file = await openOrNull(path);
  if (!file) return [];
  try {
    return (await tailOf(file, count)).lines;
  } finally {
    await file.close();
  }
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  return open(path, "r").catch(() => null);
}
