import { timeOf } from "@berth/cluster";
import type { InstanceExit, ObservedInstance, ObservedTask } from "@berth/core";
import type { Condition, Job } from "./view.ts";
import { nameOf, runOfObject } from "./view.ts";

/** What the driver knows of a task besides its Job. */
export interface KnownOfTask {
  /** Its pod; null where there is none. */
  instance: ObservedInstance | null;
  /** All that the pod has written is in its log. */
  isLogWhole: boolean;
  /** Why the cluster makes no pod for it. */
  refusal: string | null;
}

/** So long a Job may have no pod: what refuses it for a moment is over by then. */
const refusalMs = 20_000;
const noPodMs = 120_000;

/** A task as its Job and its pod tell of it; null for a Job that is not ours. */
export function makeObservedTask(job: Job, { instance, isLogWhole, refusal }: KnownOfTask): ObservedTask | null {
  const named = nameOf(job);
  const run = runOfObject(job);
  if (named === null || run === null) return null;
  const { id, app, environment, service } = named;
  const place = { id, app, environment, service, run };
  const end = endOf(job.status?.conditions ?? []);
  if (instance === null) {
    // Its pod may be seen before the Job tells that it has failed, and after it was removed with its node.
    if (end !== null) return { ...place, state: "ended", startedAt: null, ...end, givenUpAt: null };
    const madeAt = timeOf(job.metadata.creationTimestamp);
    const givenUpAt = madeAt + (refusal === null ? noPodMs : refusalMs);
    return { ...place, state: "running", startedAt: null, exit: null, reason: refusal, givenUpAt };
  }
  const { startedAt, lastExit, state, givenUpAt, patienceMs } = instance;
  const reason = instance.reason?.replace(/ right after its start$/, "") ?? null;
  if (state === "exited" && isLogWhole)
    return { ...place, state: "ended", startedAt, exit: lastExit, reason, givenUpAt: null };
  const isPending = givenUpAt !== null;
  return {
    ...place,
    instance: instance.id,
    state: "running",
    startedAt: isPending ? null : startedAt,
    exit: null,
    reason: isPending ? reason : null,
    givenUpAt,
    patienceMs: patienceMs ?? null,
  };
}

/** A task of which only the variables are there: it was not started. */
export function makeUnstartedTask(secret: Parameters<typeof nameOf>[0]): ObservedTask | null {
  const named = nameOf(secret);
  const run = runOfObject(secret);
  if (named === null || run === null) return null;
  return { ...named, run, state: "made", startedAt: null, exit: null, reason: null, givenUpAt: null };
}

function endOf(conditions: readonly Condition[]): { exit: InstanceExit | null; reason: string } | null {
  const is = (type: string) => conditions.find((one) => one.type === type && one.status === "True");
  const complete = is("Complete");
  const at = timeOf((complete ?? is("Failed"))?.lastTransitionTime);
  if (complete !== undefined) {
    const exit = { at, code: 0, signal: null, outOfMemory: false };
    return { exit, reason: "it exited with code 0" };
  }
  const failed = is("Failed");
  if (failed === undefined) return null;
  const reason =
    failed.reason === "DeadlineExceeded"
      ? "it had not ended in time, and the cluster has ended it"
      : "its pod was removed before anybody knew how it ended";
  return { exit: null, reason };
}
