import type { LoadCounter } from "../../routing.ts";
import { extendSeries, type LoadPoint } from "./load-series.ts";

/** What is remembered of a workload's load: enough for the averages of a window. */
export interface LoadHistory {
  points: readonly LoadPoint[];
  /** The load at the newest point. */
  now: number;
  /** Since when it has been the same, as far as anybody has looked. */
  evenSince: number;
  /** What each router had counted then. */
  counters: ReadonlyMap<string, LoadCounter>;
}

/**
 * Goes on with what routers have counted by now. Sums are each router's own: one that is new, has begun anew or is gone changes nothing of
 * what was counted before.
 */
export function countRequests(
  before: LoadHistory | null,
  read: readonly LoadCounter[],
  now: number,
  windowMs: number,
): LoadHistory {
  const counters = new Map(read.map((counter) => [counter.router, counter]));
  const inFlight = read.reduce((sum, counter) => sum + counter.inFlight, 0);
  const last = before?.points.at(-1);
  if (before === null || last === undefined)
    return { points: [{ at: now, total: 0 }], now: inFlight, evenSince: now, counters };
  const grown = read.reduce(
    (sum, counter) => sum + growthOf(before.counters.get(counter.router), last.at, counter, now).busyMs,
    0,
  );
  const isEven = counters.size === before.counters.size && read.every((each) => isSame(each, before.counters));
  return {
    points: extendSeries(before.points, { at: now, total: last.total + grown }, windowMs),
    now: inFlight,
    evenSince: isEven ? before.evenSince : now,
    counters,
  };
}

/** Goes on with a load that was measured just now, and stands for the time since the last measurement. */
export function addMeasured(before: LoadHistory | null, load: number, now: number, windowMs: number): LoadHistory {
  const last = before?.points.at(-1) ?? { at: now, total: 0 };
  const next = { at: now, total: last.total + load * Math.max(0, now - last.at) };
  return {
    points: extendSeries(before?.points ?? [], next, windowMs),
    now: load,
    evenSince: before?.now === load ? before.evenSince : now,
    counters: new Map(),
  };
}

/** What was counted before does not count any more: the windows begin now. */
export function beginAnew(history: LoadHistory): LoadHistory {
  const points = history.points.slice(-1);
  return { ...history, points, evenSince: points[0]?.at ?? history.evenSince };
}

/**
 * What a router has counted of a workload since it was read at `beforeAt`: nothing where it was not read then, for when that was counted is
 * not known; all of it where the router has begun anew.
 */
export function growthOf(
  before: LoadCounter | undefined,
  beforeAt: number,
  counter: LoadCounter,
  now: number,
): Pick<LoadCounter, "requests" | "busyMs"> {
  if (before === undefined) return { requests: 0, busyMs: 0 };
  const busyMs = sumAt(counter, now);
  const hasBegunAnew = counter.requests < before.requests || counter.busyMs < before.busyMs;
  if (hasBegunAnew) return { requests: counter.requests, busyMs };
  return { requests: counter.requests - before.requests, busyMs: busyMs - sumAt(before, beforeAt) };
}

/** A router tells of what changes: until then what is in flight stays so. */
function sumAt({ busyMs, inFlight, at }: LoadCounter, now: number): number {
  return busyMs + inFlight * Math.max(0, now - at);
}

function isSame(counter: LoadCounter, counters: ReadonlyMap<string, LoadCounter>): boolean {
  const before = counters.get(counter.router);
  return before !== undefined && before.requests === counter.requests && before.inFlight === counter.inFlight;
}
