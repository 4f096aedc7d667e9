import type { ReleaseDiff } from "@berth/core";
import { diffLines } from "@berth/core/light";
import { columns, type Style } from "../framework/output.ts";

/** All of a diff, what comes in green and what goes in red. */
export function diffText(diff: ReleaseDiff, what: string, style: Style): string {
  const lines = diffLines(diff);
  if (lines.length === 0) return `${what}: nothing is otherwise.`;
  const paint = (text: string) =>
    text.startsWith("+ ") ? style.green(text) : text.startsWith("- ") ? style.red(text) : text;
  const rows = lines.map(({ subject, text }, at) => [
    style.dim(subject === lines[at - 1]?.subject ? "" : subject),
    paint(text),
  ]);
  return `${style.bold(what)}\n${columns(rows)}`;
}
