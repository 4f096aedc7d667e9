import type { InstanceState } from "@berth/core";

/** What a runtime without a supervisor of its own needs to know of an instance to decide about it. */
export interface SupervisedInstance {
  id: string;
  /** `ending`: the runtime itself is ending it, and it will be `exited` soon; its place waits for it. */
  state: InstanceState | "ending";
  startedAt: number;
  /** Of this start, null where it was never ready. */
  readyAt: number | null;
  /** Crashes since it was last healthy for a minute, this start's not included. */
  failures: number;
  /** When it last ended by itself. */
  exitedAt: number | null;
}

export type InstanceAction =
  | { kind: "start" }
  /** Starts an exited instance again, with its new count of crashes. */
  | { kind: "restart"; id: string; failures: number }
  | { kind: "stop"; id: string };

export interface InstanceDecision {
  actions: readonly InstanceAction[];
  /** When to decide again though nothing has happened; null where only an event can change anything. */
  lookAgainAt: number | null;
}

const healthyAfterMs = 60_000;
const firstPauseMs = 1_000;
const maxPauseMs = 60_000;

/** The first to go: what does not serve anyway, then the youngest. */
const keepOrder = { ready: 0, starting: 1, ending: 2, exited: 3, stopping: 4 } as const;

/**
 * What to do so that `desired` instances run: start what is missing, stop the surplus, start again what has crashed,
 * with pauses of 0 s after a healthy minute, then 1 s, 2 s, 4 s … 60 s. Settles: applied and observed again, nothing is left to do.
 */
export function decideInstances(
  desired: number,
  observed: readonly SupervisedInstance[],
  now: number,
): InstanceDecision {
  const places = observed.filter((instance) => instance.state !== "stopping").sort(byWorth);
  const kept = places.slice(0, desired);
  const surplus = places.slice(desired);
  const missing = Math.max(0, desired - places.length);

  const waits = kept.flatMap((instance) => (instance.state === "exited" ? [decideRestart(instance)] : []));
  const due = waits.filter((wait) => wait.at <= now);
  const later = waits.filter((wait) => wait.at > now).map((wait) => wait.at);
  return {
    actions: [
      ...surplus.map(({ id }) => ({ kind: "stop" as const, id })),
      ...due.map(({ id, failures }) => ({ kind: "restart" as const, id, failures })),
      ...Array.from({ length: missing }, () => ({ kind: "start" as const })),
    ],
    lookAgainAt: later.length === 0 ? null : Math.min(...later),
  };
}

/** What to do so that a task runs once: it is started where it never was, and, where it is not wanted any more, ended. */
export function decideRun(
  desired: number,
  observed: readonly SupervisedInstance[],
  hasBegun: boolean,
): InstanceDecision {
  const ended = observed.filter(({ state }) => state !== "stopping").map(({ id }) => ({ kind: "stop" as const, id }));
  const started = hasBegun ? [] : [{ kind: "start" as const }];
  return { actions: desired === 0 ? ended : started, lookAgainAt: null };
}

/** When an exited instance is to be started again, and how many crashes that counts. */
export function decideRestart(instance: SupervisedInstance): { id: string; at: number; failures: number } {
  const { id, readyAt, startedAt, failures } = instance;
  const exitedAt = instance.exitedAt ?? startedAt;
  const wasHealthy = readyAt !== null && exitedAt - readyAt >= healthyAfterMs;
  if (wasHealthy) return { id, at: exitedAt, failures: 0 };
  const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(failures, 16));
  return { id, at: exitedAt + pauseMs, failures: failures + 1 };
}

function byWorth(a: SupervisedInstance, b: SupervisedInstance): number {
  return keepOrder[a.state] - keepOrder[b.state] || a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1);
}
