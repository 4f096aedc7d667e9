import type { LogLine } from "@berth/core";

const mostLines = 40;

/**
 * What the latest run of a workload printed, at most 40 lines: from its last start that was followed by words of its own.
 * An error stands above its stack, so what earlier runs and other instances said is left out rather than the beginning.
 */
export function lastRun(lines: readonly LogLine[]): string[] {
  const spoke = lines.findLastIndex(({ stream }) => stream !== "berth");
  const speaker = lines[spoke === -1 ? lines.length - 1 : spoke];
  const own = lines.filter(({ instance }) => instance === speaker?.instance);
  const begins = (line: LogLine) => line.stream === "berth" && /^started\b/.test(line.text);
  const from = own.findLastIndex((line, index) => begins(line) && (spoke === -1 || index <= own.indexOf(lines[spoke]!)));
  return own
    .slice(Math.max(from, 0))
    .map(({ text }) => text)
    .slice(-mostLines);
}
