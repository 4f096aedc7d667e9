/**
 * A line of an instance's log file: `<milliseconds since the epoch> <o|e|b> <text>`. Where lines are copied from something that
 * keeps them, the time has six more digits, the nanoseconds: by them the copier finds where it was.
 */
export type LogStream = "stdout" | "stderr" | "berth";

const letters = { stdout: "o", stderr: "e", berth: "b" } as const;
const streams: Readonly<Record<string, LogStream>> = { o: "stdout", e: "stderr", b: "berth" };

/** Longer lines are written as several. */
export const maxLineChars = 16 * 1024;

export function formatLogLine(at: number, stream: LogStream, text: string, nanos: number | null = null): string {
  const time = nanos === null ? String(at) : `${at}.${String(nanos).padStart(6, "0")}`;
  return `${time} ${letters[stream]} ${text}\n`;
}

export interface ParsedLogLine {
  at: number;
  /** Beyond the milliseconds; null where only those are known. */
  nanos: number | null;
  stream: LogStream;
  text: string;
}

/** Null for what is not a whole line, as after a crash or a full disk. */
export function parseLogLine(line: string): ParsedLogLine | null {
  const [, at, nanos, letter = "", text = ""] = /^(\d+)(?:\.(\d{6}))? ([oeb]) (.*)$/s.exec(line) ?? [];
  const stream = streams[letter];
  if (at === undefined || !stream) return null;
  return { at: Number(at), nanos: nanos === undefined ? null : Number(nanos), stream, text };
}

// Colours (`ESC [ … m`) stay; every other control character could make a reader's terminal do things.
// oxlint-disable-next-line no-control-regex
const unsafe = /\x1b\[[0-9;:]*m|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Text that any terminal and any line reader can take: control characters become U+FFFD, save tabs and colours. */
export function makeSafe(text: string): string {
  return text.replace(unsafe, (found) => (found.length > 1 ? found : "\ufffd"));
}
