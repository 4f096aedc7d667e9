import type { Readable } from "node:stream";
import type { Engine } from "../engine.ts";
import { isHangUp, makeFrameSplitter } from "./frames.ts";

/** One message of a container's output: a line, or a part of a long one, which then has no line end. */
export interface LogFrame {
  stream: "stdout" | "stderr";
  /** Milliseconds since the epoch, and the nanoseconds beyond them. */
  at: number;
  nanos: number;
  content: Buffer;
}

export interface LogFramesOptions {
  /** Milliseconds since the epoch; 0 for all. */
  since: number;
  /** Go on until the container ends. */
  follow: boolean;
  signal: AbortSignal;
}

/** A container's output as its engine keeps it. Ends early, without a word, where the engine goes away. Throws `engine.unreachable`, refusals. */
export async function* readLogFrames(
  engine: Engine,
  container: string,
  { since, follow, signal }: LogFramesOptions,
): AsyncGenerator<LogFrame> {
  const options = { stdout: true, stderr: true, timestamps: true, since: since / 1_000, abortSignal: signal };
  const opened = await engine.ask(async (docker): Promise<unknown> =>
    follow
      ? docker.getContainer(container).logs({ ...options, follow: true })
      : docker.getContainer(container).logs({ ...options, follow: false }),
  );
  // Without `follow` the client gives all of it at once.
  const chunks = Buffer.isBuffer(opened) ? [opened] : (opened as Readable);
  const read = makeFrameReader();
  try {
    for await (const chunk of chunks) yield* read(chunk);
  } catch (error) {
    if (signal.aborted || isHangUp(error)) return;
    throw error;
  }
}

/** Takes apart what an engine sends of a container's log: frames whose messages begin with their time. */
export function makeFrameReader(): (chunk: Buffer) => LogFrame[] {
  const split = makeFrameSplitter();
  return (chunk) => split(chunk).flatMap(({ kind, data }) => parseFrame(kind, data) ?? []);
}

function parseFrame(kind: number, message: Buffer): LogFrame | null {
  const space = message.indexOf(0x20);
  const time = parseTime(message.toString("latin1", 0, Math.max(0, space)));
  if (time === null) return null;
  return { stream: kind === 2 ? "stderr" : "stdout", ...time, content: message.subarray(space + 1) };
}

/** Reads `2026-11-23T19:13:18.172492557Z`. */
export function parseTime(text: string): { at: number; nanos: number } | null {
  const [, seconds = "", fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const atSeconds = Date.parse(`${seconds}Z`);
  if (Number.isNaN(atSeconds)) return null;
  const nanos = Number(fraction.padEnd(9, "0"));
  return { at: atSeconds + Math.floor(nanos / 1_000_000), nanos: nanos % 1_000_000 };
}
