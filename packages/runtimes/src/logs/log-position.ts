import { join } from "node:path";
import { parseLogLine } from "./log-line.ts";
import type { ParsedLogLine } from "./log-line.ts";
import { tailOfPath } from "./log-reader.ts";

/** How far the copying of an instance's output has come: its last line, and which of the lines with the same time it is. */
export interface LogPosition {
  stream: "stdout" | "stderr";
  at: number;
  nanos: number;
  /** From 1 on: the parts of a long line have one time. */
  count: number;
}

/** A line that is copied. */
export interface CopiedLine {
  stream: "stdout" | "stderr";
  at: number;
  nanos: number;
  text: string;
}

/** More lines than a long line has parts, before a file is put aside. */
const linesToRead = 2_000;
/** Times of two streams may be out of order by so much. */
export const slackMs = 1_000;

/** Where the copying into an instance's log ended; null where nothing was copied. */
export async function readLogPosition(folder: string, instance: string): Promise<LogPosition | null> {
  const path = join(folder, `${instance}.log`);
  for (const file of [path, `${path}.1`]) {
    const position = lastPosition(await tailOfPath(file, linesToRead));
    if (position !== null) return position;
  }
  return null;
}

export function lastPosition(lines: readonly string[]): LogPosition | null {
  const copied = lines.map(parseLogLine).filter(isCopied);
  const last = copied.at(-1);
  if (last === undefined) return null;
  const { stream, at, nanos } = last;
  return { stream, at, nanos, count: copied.filter((line) => isSameTime(line, last)).length };
}

/**
 * Passes on, of lines that are read again from a little before a position, those that come after it. They come in the order they
 * came in then, so what precedes the position's line was copied, whatever its time says. Where that line is no longer there,
 * what is later passes.
 */
export function makeCopiedFilter(position: LogPosition | null): (line: CopiedLine) => CopiedLine[] {
  if (position === null) return (line) => [line];
  let isPast = false;
  let seen = 0;
  let held: CopiedLine[] = [];
  return (line) => {
    if (isPast) return [line];
    if (isSameTime(line, position) && ++seen === position.count) {
      isPast = true;
      held = [];
      return [];
    }
    if (isAfter(line, position)) held.push(line);
    if (line.at <= position.at + slackMs) return [];
    isPast = true;
    return held;
  };
}

function isCopied(line: ParsedLogLine | null): line is ParsedLogLine & CopiedLine {
  return line !== null && line.nanos !== null && line.stream !== "berth";
}

type Moment = Pick<CopiedLine, "stream" | "at" | "nanos">;

function isSameTime(a: Moment, b: Moment): boolean {
  return a.stream === b.stream && a.at === b.at && a.nanos === b.nanos;
}

function isAfter(a: Moment, b: Moment): boolean {
  return a.at > b.at || (a.at === b.at && a.nanos > b.nanos);
}
