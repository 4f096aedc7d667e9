import type { LogLine } from "@berth/core";

const mostLines = 40;

/**
 * What the latest run that said anything printed, at most 40 lines. An error stands above its stack: what runs before it
 * and other instances said is left out, so that the beginning of this one is not.
 */
export function lastRun(lines: readonly LogLine[]): string[] {
  const runs: LogLine[][] = [];
  const open = new Map<string, LogLine[]>();
  for (const line of lines) {
    let run = open.get(line.instance);
    if (run === undefined || isStart(line)) {
      run = [];
      runs.push(run);
      open.set(line.instance, run);
    }
    run.push(line);
  }
  const run = runs.findLast((each) => each.some(({ stream }) => stream !== "berth")) ?? runs.at(-1) ?? [];
  return run
    .filter((line) => !isAnnouncement(line))
    .map(({ text }) => text)
    .slice(-mostLines);
}

function isStart({ stream, text }: LogLine): boolean {
  return stream === "berth" && text.startsWith("started");
}

/** That it would be started again is not true of one that is given up. */
function isAnnouncement({ stream, text }: LogLine): boolean {
  return stream === "berth" && text.startsWith("restarting");
}
