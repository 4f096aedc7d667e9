import type { Operation, OperationEvent } from "@berth/core";
import type { Style } from "../framework/output.ts";
import { duration } from "../framework/units.ts";

const phaseWidth = "receive".length;

/** An entry of a timeline as a line; null for one that says nothing. */
export function eventLine({ phase, service, kind, text, durationMs }: OperationEvent, style: Style): string | null {
  if (kind === "line" && (phase === "build" || phase === "run"))
    return `${" ".repeat(phaseWidth)} ${style.dim("|")} ${text}`;
  const told = [service ?? "", text].filter((part) => part !== "").join("  ");
  if (told === "" || (kind === "start" && text === "")) return null;
  const took = durationMs === null ? "" : `  ${style.dim(duration(durationMs))}`;
  return `${style.dim(phase.padEnd(phaseWidth))} ${told}${took}`;
}

/** Why an operation failed: the reason, the last lines of output, what to do. */
export function failureText({ error }: Operation, what: string, style: Style): string {
  const lines = [`${style.red("✗")} ${what}: ${error?.message ?? "it did not succeed"}`];
  for (const line of error?.lines ?? []) lines.push(`  ${line}`);
  if (error?.hint != null) lines.push(`${style.yellow("hint:")} ${error.hint}`);
  return lines.join("\n");
}
