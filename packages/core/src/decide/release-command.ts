import type { ObservedTask } from "../runtime.ts";
import { type IdentifiedTask, taskContent } from "../task.ts";
import type { Action } from "./action.ts";
import { type DesiredEnvironment, type Generation, type Rollout, workloadIds } from "./desired.ts";
import type { Observed } from "./replicas.ts";

export interface CommandVerdict {
  /** It has succeeded, or there is none: the release may be started. */
  isDone: boolean;
  action: Action | null;
  /** When its time is over; null where it has none. */
  deadlineAt: number | null;
}

const done: CommandVerdict = { isDone: true, action: null, deadlineAt: null };

/** What the commands of a rollout need now: each is run once the one before it has succeeded. */
export function judgeCommands(desired: DesiredEnvironment, observed: Observed, now: number): CommandVerdict {
  const { rollout, begun } = desired;
  for (const task of rollout?.commands ?? []) {
    const verdict = judgeCommand(task, rollout!, begun, observed, now);
    if (!verdict.isDone) return verdict;
  }
  return done;
}

/**
 * What one of them needs now. It is run where it has not begun, and never a second time: what had begun and is not there any more may
 * have done anything, so the rollout fails.
 */
function judgeCommand(
  task: IdentifiedTask,
  rollout: Rollout,
  begun: DesiredEnvironment["begun"],
  observed: Observed,
  now: number,
): CommandVerdict {
  const fail = (reason: string, seen: ObservedTask | null): CommandVerdict => ({
    isDone: false,
    action: {
      kind: "fail-command",
      version: rollout.version,
      task,
      reason,
      exitCode: seen?.exit?.code ?? null,
    },
    deadlineAt: null,
  });
  const seen = observed.tasks.get(task.id);
  if (seen === undefined && begun.has(task.id)) return fail("nobody knows whether it has run, or how it ended", null);
  if (seen === undefined || seen.state === "made")
    return { isDone: false, action: { kind: "run", task }, deadlineAt: null };
  if (seen.state === "ended") {
    if (seen.exit?.code === 0) return done;
    return fail(seen.reason ?? "it has failed", seen);
  }
  const deadlineAt = deadlineOf(task, seen);
  if (deadlineAt === null || now < deadlineAt) return { isDone: false, action: null, deadlineAt };
  return fail(
    seen.startedAt === null
      ? (seen.reason ?? "it was not started in time")
      : `it had not ended after ${task.timeoutMs! / 1_000} s`,
    seen,
  );
}

function deadlineOf({ timeoutMs }: IdentifiedTask, { startedAt, givenUpAt }: ObservedTask): number | null {
  if (startedAt === null) return givenUpAt;
  return timeoutMs === null ? null : startedAt + timeoutMs;
}

/** Whether a deploy is what is live already, its release command included: then that is not run again. */
export function changesNothing(
  live: (Pick<Generation, "services"> & { command: IdentifiedTask | null }) | null,
  rollout: Pick<Generation, "services"> & { command: IdentifiedTask },
  installationKey: Uint8Array,
): boolean {
  if (live === null || live.command === null) return false;
  return (
    taskContent(live.command, installationKey) === taskContent(rollout.command, installationKey) &&
    workloadIds(live).toSorted().join() === workloadIds(rollout).toSorted().join()
  );
}

/** Tasks that nothing wants any more: they are ended, and forgotten. */
export function leftTasks({ rollout, kept }: DesiredEnvironment, observed: Observed): ObservedTask[] {
  const needed = new Set(rollout?.commands?.map(({ id }) => id));
  return [...observed.tasks.values()].filter(({ id, run }) => !needed.has(id) && !kept.has(run));
}
