import type { CronRunEnd, CronTask } from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { lastLines } from "../rollout-errors.ts";
import type { TaskEnd } from "../task-end.ts";

/** So many lines of what a run printed last are kept with it. */
const keptLines = 20;

/** What the history keeps of how a run ended. */
export async function runEnd(
  deps: Pick<DeployerDeps, "runtime" | "clock">,
  { id, timeoutMs }: CronTask,
  end: TaskEnd,
): Promise<CronRunEnd> {
  const now = deps.clock.now();
  const nothing = { startedAt: null, endedAt: now, exitCode: null, lines: [] };
  if (end.kind === "gone") return { ...nothing, state: "failed", reason: "it has ended with its environment" };
  if (end.kind === "lost") return unseenEnd(now);
  if (end.kind === "not-started") return { ...nothing, state: "failed", reason: `it was not started: ${end.reason}` };
  const lines = await keptOutput(deps, id);
  const { startedAt, exit, reason } = end.task;
  if (end.kind === "timed-out") {
    const seconds = timeoutMs / 1_000;
    return { ...nothing, state: "failed", startedAt, lines, reason: `it had not ended after ${seconds} s` };
  }
  const exitCode = exit?.code ?? null;
  const isKnown = exit !== null;
  return {
    state: exitCode === 0 ? "succeeded" : isKnown ? "failed" : "unknown",
    startedAt,
    endedAt: exit?.at ?? now,
    exitCode,
    reason: exitCode === 0 ? null : (reason ?? "nobody knows how it ended"),
    lines,
  };
}

/** What the history keeps of what it printed. */
export async function keptOutput(deps: Pick<DeployerDeps, "runtime">, task: string): Promise<string[]> {
  return (await lastLines(deps, task)).slice(-keptLines);
}

/** Of a run that came to nothing, or is not waited for any more: why. */
export function brokenEnd(now: number, state: "failed" | "unknown", reason: string): CronRunEnd {
  return { state, startedAt: null, endedAt: now, exitCode: null, reason, lines: [] };
}

/** Of a run that is not there: it may have been removed, or never started. */
export function unseenEnd(now: number): CronRunEnd {
  return brokenEnd(now, "unknown", "nobody knows whether it has run, or how it ended");
}
