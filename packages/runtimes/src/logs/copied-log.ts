import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { makeLineSplitter } from "./line-splitter.ts";
import type { LineSplitter } from "./line-splitter.ts";
import { LogFile } from "./log-file.ts";
import { makeCopiedFilter, readLogPosition, slackMs } from "./log-position.ts";

/** A part of what a container has written. */
export interface CopiedFrame {
  stream: "stdout" | "stderr";
  /** Milliseconds since the epoch, and the nanoseconds beyond them. */
  at: number;
  nanos: number;
  content: Buffer;
}

/** Reads what a container has written since a time (ms since the epoch), or goes on to its end. Null where it is gone. */
export type ReadContainer = (
  container: string,
  options: { since: number; follow: boolean; signal: AbortSignal },
) => Promise<AsyncIterable<CopiedFrame> | null>;

const reopenMs = 250;
const lastOutputMs = 2_000;
const keptLines = 20;

interface Following {
  container: string;
  createdAt: number;
  abort: AbortController;
  /** Resolves when there is nothing more to tell, or it was given up. */
  done: Promise<void>;
}

/** The log of one instance on this machine: copied from its containers, one after the other, with Berth's own lines. */
export class CopiedLog {
  readonly #read: ReadContainer;
  readonly #folder: string;
  readonly #instance: string;
  readonly #file: LogFile;
  #onRoom: (() => void) | null = null;
  #following: Following | null = null;
  #lastLines: string[] = [];
  /** Adds a last line without an end, which what was followed has left. */
  #addRest: (() => Promise<void>) | null = null;

  constructor(read: ReadContainer, folder: string, instance: string) {
    this.#read = read;
    this.#folder = folder;
    this.#instance = instance;
    this.#file = new LogFile(join(folder, `${instance}.log`), () => this.#onRoom?.());
  }

  note(at: number, text: string): void {
    this.#file.add(at, "berth", [text]);
  }

  /** Copies what a container writes from now on, and what it has written that is not copied yet. */
  follow(container: string, createdAt: number): void {
    if (this.#following?.container === container) return;
    this.#following?.abort.abort();
    this.#lastLines = [];
    const abort = new AbortController();
    const done = this.#copyOn(container, createdAt, abort.signal);
    this.#following = { container, createdAt, abort, done };
  }

  /** Copies the rest of a container that has ended, and gives the last lines it wrote. Throws what reading them throws. */
  async finish(container: string, createdAt: number): Promise<readonly string[]> {
    this.follow(container, createdAt);
    const following = this.#following;
    if (following === null) return [];
    await Promise.race([following.done, delay(lastOutputMs)]);
    following.abort.abort();
    await following.done;
    // What follows a container may be ended before the last it has written.
    const isThere = await this.#copy(container, createdAt, false, new AbortController().signal);
    if (!isThere) await this.#addRest?.();
    this.#addRest = null;
    this.#following = null;
    return this.#lastLines;
  }

  /** Ends copying, and closes the file. */
  async close(): Promise<void> {
    this.#following?.abort.abort();
    await this.#following?.done;
    await this.#file.close();
  }

  /** Follows until it is given up or the container's output has ended, through engines that go away. */
  async #copyOn(container: string, createdAt: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const hasEnded = await this.#copy(container, createdAt, true, signal).then(
        () => true,
        () => false,
      );
      if (hasEnded) return;
      await delay(reopenMs, null, { signal }).catch(() => {});
    }
  }

  /** False where the container was removed by somebody else. */
  async #copy(container: string, createdAt: number, follow: boolean, signal: AbortSignal): Promise<boolean> {
    await this.#file.flush();
    const found = await readLogPosition(this.#folder, this.#instance);
    // What is older was written by the container before.
    const position = found !== null && found.at >= createdAt ? found : null;
    const filter = makeCopiedFilter(position);
    const splitters = { stdout: makeLineSplitter(), stderr: makeLineSplitter() };
    const last = { stdout: { at: createdAt, nanos: 0 }, stderr: { at: createdAt, nanos: 0 } };
    const add = async (stream: "stdout" | "stderr", texts: readonly string[], at: number, nanos: number) => {
      this.#remember(texts);
      for (const line of texts.flatMap((text) => filter({ stream, at, nanos, text }))) {
        this.#file.add(line.at, line.stream, [line.text], line.nanos);
      }
      if (this.#file.isFull) await this.#untilRoom();
    };
    const since = position === null ? 0 : Math.max(0, position.at - slackMs);
    const frames = await this.#read(container, { since, follow, signal });
    if (frames === null) return false;
    this.#addRest = null;
    for await (const { stream, at, nanos, content } of frames) {
      last[stream] = { at, nanos };
      await add(stream, splitters[stream].push(content), at, nanos);
    }
    const addRest = async () => {
      for (const stream of ["stdout", "stderr"] as const) {
        const { at, nanos } = last[stream];
        await add(stream, restOf(splitters[stream]), at, nanos);
      }
    };
    // What follows may have ended within a line, of which reading once more gives the rest.
    if (follow) this.#addRest = addRest;
    else await addRest();
    return true;
  }

  #remember(texts: readonly string[]): void {
    this.#lastLines.push(...texts);
    if (this.#lastLines.length > keptLines) this.#lastLines = this.#lastLines.slice(-keptLines);
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }
}

/** A last line without an end. */
function restOf(splitter: LineSplitter): string[] {
  return splitter.end();
}
