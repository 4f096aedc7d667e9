import type { Scope } from "./runtime.ts";

/** What is done where a run is due while one before it still goes on: nothing, both, or the new one in its place. */
export type CronOverlap = "skip" | "allow" | "replace";

/** When a service without instances runs, to its end. */
export interface Cron {
  /** Five fields, or a nickname such as `@daily`. */
  schedule: string;
  /** As the IANA database names it, such as `Europe/Berlin`. */
  timezone: string;
  overlap: CronOverlap;
  /** A run is ended after so long. */
  timeoutMs: number;
  /** The newest run that was missed is made up for as long after its time. */
  catchUpMs: number;
  /** Whether it runs in previews, too. */
  inPreviews: boolean;
}

export const cronDefaults = { timezone: "UTC", overlap: "skip", timeoutMs: 86_400_000, catchUpMs: 0 } as const;

/**
 * - `running`: it was started, or soon will be
 * - `succeeded`, `failed`: it has ended, with exit code 0 or otherwise
 * - `unknown`: nobody can say whether it ran, or how it ended; it is not run again
 * - `skipped`: one before it still went on
 * - `missed`: nobody was there to start it
 */
export type CronRunState = "running" | "succeeded" | "failed" | "unknown" | "skipped" | "missed";

/** What a schedule has come to at one of its times, or somebody who asked for it. */
export interface CronRun extends Scope {
  /** Sorts by `dueAt`. The same for the same time of a service. */
  id: string;
  service: string;
  state: CronRunState;
  /** When it was due, or asked for. Of several that were missed: the newest. */
  dueAt: number;
  /** How many it stands for: more than one only of such as were missed. */
  count: number;
  cause: { kind: "schedule" } | { kind: "person"; by: string };
  /** The release that it runs on; null where nothing was started. */
  version: number | null;
  /** Null where nothing was started. */
  task: CronTask | null;
  startedAt: number | null;
  endedAt: number | null;
  exitCode: number | null;
  /** Why it did not end well, or did not run, as a clause that begins with "it". */
  reason: string | null;
  /** What it printed last. */
  lines: readonly string[];
}

/** What runs it. */
export interface CronTask {
  id: string;
  /** What it runs for: the operation of a person, or the run itself. */
  run: string;
  timeoutMs: number;
}

/** How a run ended. */
export type CronRunEnd = Pick<CronRun, "state" | "startedAt" | "endedAt" | "exitCode" | "reason" | "lines">;

/** What is remembered of a service with a schedule. */
export interface CronMemory {
  service: string;
  /** The schedule and its time zone that were looked at; of another one nothing is known. */
  schedule: string;
  /** All times up to this one have been dealt with. */
  checkedAt: number;
  /** Somebody has paused it; null: nobody. */
  paused: { at: number; by: string } | null;
}

/** A service with a schedule, for people. */
export interface CronStatus extends Pick<Cron, "schedule" | "timezone" | "overlap" | "timeoutMs" | "catchUpMs"> {
  service: string;
  /** False in a preview, unless berth.yaml has it run there, too. */
  isScheduled: boolean;
  paused: CronMemory["paused"];
  /** When it is due next; null where it is not. */
  nextAt: number | null;
  /** The newest of its history; null where there is none. */
  last: CronRun | null;
}

/** So many runs of each service are kept. */
export const keptCronRuns = 50;

/** Of so many runs of each service, the newest, all that they printed is kept. */
export const keptCronOutputs = 5;

/** The same for the same schedule in the same time zone. */
export function scheduleKey({ schedule, timezone }: Pick<Cron, "schedule" | "timezone">): string {
  return `${schedule} ${timezone}`;
}

/** The id of the run of a service that is due at a time. It is a label on clusters, so it has no other characters. */
export function cronRunId(service: string, dueAt: number): string {
  return `cr-${dueAt.toString(36).padStart(9, "0")}-${service}`;
}

/** A run that somebody asked for: beside one that is due at the same time. */
export function askedCronRunId(service: string, askedAt: number, operation: string): string {
  return `${cronRunId(service, askedAt)}-${operation.slice(-8)}`;
}
