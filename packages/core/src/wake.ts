import type { ObservedInstance, Scope } from "./runtime.ts";

/** How long a request waits for a service without an instance, and how many may wait at once. */
export interface WakeLimits {
  timeoutMs: number;
  queue: number;
}

export const defaultWakeLimits: WakeLimits = { timeoutMs: 30_000, queue: 1_000 };

/**
 * What a cold start goes through, in this order. A runtime that has no such step has no such phase.
 *
 * - `queue`: from the request until the runtime is asked for an instance
 * - `schedule`: until a machine is chosen for it
 * - `pull`: until its image is there
 * - `create`: until its program is started: what it runs in is made
 * - `start`: until the program listens
 * - `ready`: until it answers its health check
 */
export const wakePhases = ["queue", "schedule", "pull", "create", "start", "ready"] as const;

export type WakePhaseName = (typeof wakePhases)[number];

export interface WakePhase {
  phase: WakePhaseName;
  durationMs: number;
}

/** When an instance has got how far, ms since the epoch, as its runtime has seen it; null where it has not yet. What is missing is no step of that runtime. */
export interface InstanceMarks {
  askedAt: number | null;
  scheduledAt?: number | null;
  /** Its image is there. */
  pulledAt?: number | null;
  /** Its program was started. */
  startedAt: number | null;
  listeningAt: number | null;
}

/** What has woken a service: a request, as the family of its user agent, or somebody who asked for it, as a person. */
export interface WakeCause {
  kind: "request" | "person";
  by: string;
}

/** How far a wake has come. */
export interface WakeProgress {
  /** Those that are over. */
  phases: readonly WakePhase[];
  /** The one that it is in; null once it has ended. */
  current: WakePhaseName | null;
}

/** A start of a service that slept. */
export interface Wake extends Scope, WakeProgress {
  /** Sorts by the time it began. */
  id: string;
  service: string;
  workload: string;
  cause: WakeCause;
  startedAt: number;
  endedAt: number | null;
  state: "running" | "succeeded" | "failed";
  /** Why it failed. */
  reason: string | null;
}

/** An id of a wake that began at `startedAt`: it sorts by time. `drawn` are five bytes that no other of that moment has. */
export function wakeIdOf(startedAt: number, drawn: Uint8Array): string {
  const hex = [...drawn].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `wk_${startedAt.toString(36).padStart(9, "0")}${hex}`;
}

/** So many are kept of each service. */
export const keptWakes = 100;

/**
 * How far a start has come that somebody waits for since `wokenAt`. `instance` is null where none is there yet; `askedAt` is when one was
 * asked for that is not. What was seen out of order, as by two clocks, takes no time.
 */
export function wakeProgress(
  wokenAt: number,
  instance: Pick<ObservedInstance, "marks" | "readyAt" | "state"> | null,
  askedAt: number | null = null,
): WakeProgress {
  const ends =
    instance === null ? endsOf({ askedAt, startedAt: null, listeningAt: null }, null) : endsOfInstance(instance);
  const phases: WakePhase[] = [];
  let since = wokenAt;
  for (const [phase, end] of ends) {
    if (end === null) continue;
    const at = Math.max(since, end);
    phases.push({ phase, durationMs: at - since });
    since = at;
  }
  const last = phases.at(-1)?.phase;
  const place = ends.findIndex(([phase]) => phase === last);
  return { phases, current: ends[place + 1]?.[0] ?? null };
}

function endsOfInstance({ marks, readyAt, state }: Pick<ObservedInstance, "marks" | "readyAt" | "state">): Ends {
  const isReady = state === "ready" && readyAt !== null;
  const at = isReady ? readyAt : null;
  // Of an instance that an earlier server has started it is only known when it is ready.
  return marks === undefined ? [["ready", at]] : endsOf(marks, at);
}

type Ends = readonly (readonly [WakePhaseName, number | null])[];

function endsOf(
  { askedAt, scheduledAt, pulledAt, startedAt, listeningAt }: InstanceMarks,
  readyAt: number | null,
): Ends {
  const ends: readonly (readonly [WakePhaseName, number | null | undefined])[] = [
    ["queue", askedAt],
    ["schedule", scheduledAt],
    ["pull", pulledAt],
    ["create", startedAt],
    ["start", listeningAt],
    ["ready", readyAt],
  ];
  return ends.flatMap(([phase, at]) => (at === undefined ? [] : [[phase, at] as const]));
}
