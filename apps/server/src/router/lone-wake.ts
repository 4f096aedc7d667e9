import { createHash } from "node:crypto";
import { type RoutedWorkload, toBerthError, type Wake, wakeIdOf, wakeProgress } from "@berth/core";
import type { LoneStart } from "@berth/runtimes";

/** A request that asks for a workload while the server is away. */
export interface LoneRequest {
  routed: Pick<RoutedWorkload, "id" | "app" | "environment" | "service">;
  /** The program whose request it was. */
  by: string;
  at: number;
}

/** How it ended. */
export interface LoneEnd {
  /** What was seen of the instance; null where another router has started it. */
  start: LoneStart | null;
  /** Why it failed; undefined where it did not. */
  error?: unknown;
  at: number;
}

/**
 * The record of a wake that was made without the server, as the server would have made it, and a name that all have in common who saw the
 * same instance come up. Null where it was up before the request, which is no start, or is another router's to tell.
 */
export function makeLoneWake({ routed, by, at }: LoneRequest, end: LoneEnd): { name: string; wake: Wake } | null {
  const { start, error } = end;
  const { id: workload, app, environment, service } = routed;
  const hasFailed = error !== undefined;
  if (start === null || (!hasFailed && start.readyAt !== null && start.readyAt <= at)) return null;
  const readyAt = hasFailed ? null : (start.readyAt ?? end.at);
  const state = readyAt === null ? "starting" : "ready";
  const { phases } = wakeProgress(at, { marks: start.marks, readyAt, state });
  // What was not even started has no moment of its own: those who tried within a minute are one.
  const beganAt = start.marks.startedAt ?? Math.floor(at / 60_000);
  const name = `${beganAt.toString(36)}-${start.instance}`;
  const wake: Wake = {
    id: wakeIdOf(at, createHash("sha256").update(name).digest().subarray(0, 5)),
    app,
    environment,
    service,
    workload,
    cause: { kind: "request", by },
    startedAt: at,
    endedAt: hasFailed ? end.at : at + phases.reduce((sum, { durationMs }) => sum + durationMs, 0),
    state: hasFailed ? "failed" : "succeeded",
    reason: hasFailed ? toBerthError(error).message : null,
    phases,
    current: null,
  };
  return { name, wake };
}
