/** A line of an instance's log file: `<milliseconds since the epoch> <o|e|b> <text>`. */
export type LogStream = "stdout" | "stderr" | "berth";

const letters = { stdout: "o", stderr: "e", berth: "b" } as const;
const streams: Readonly<Record<string, LogStream>> = { o: "stdout", e: "stderr", b: "berth" };

/** Longer lines are written as several. */
export const maxLineChars = 16 * 1024;

export function formatLogLine(at: number, stream: LogStream, text: string): string {
  return `${at} ${letters[stream]} ${text}\n`;
}

/** Null for what is not a whole line, as after a crash or a full disk. */
export function parseLogLine(line: string): { at: number; stream: LogStream; text: string } | null {
  const found = /^(\d+) ([oeb]) (.*)$/s.exec(line);
  const stream = streams[found?.[2] ?? ""];
  if (!found || !stream) return null;
  return { at: Number(found[1]), stream, text: found[3] ?? "" };
}

// Colours (`ESC [ … m`) stay; every other control character could make a reader's terminal do things.
// oxlint-disable-next-line no-control-regex
const unsafe = /\x1b\[[0-9;:]*m|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Text that any terminal and any line reader can take: control characters become U+FFFD, save tabs and colours. */
export function makeSafe(text: string): string {
  return text.replace(unsafe, (found) => (found.length > 1 ? found : "\ufffd"));
}
