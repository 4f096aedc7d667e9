import { type LoadCounter, loadStirsAfterMs } from "../../routing.ts";
import type { ObservedInstance, ObservedWorkload } from "../../runtime.ts";
import type { ScalingMetric } from "../../service.ts";
import type { GenerationService } from "../desired.ts";
import { decideInstances, type ScalingInput, type ScalingState } from "./instances.ts";
import { addMeasured, beginAnew, countRequests, type LoadHistory } from "./load-history.ts";
import { averageLoad } from "./load-series.ts";
import type { ScalingRules } from "./rules.ts";

/** How many instances of a workload its load asks for, and when that may change by itself. */
export interface Demand {
  count: number;
  changesAt: number | null;
}

/** What of a workload's load is remembered from one look to the next. */
export interface DemandMemory {
  history: LoadHistory;
  state: ScalingState | null;
  /** Whether an instance was ready. */
  isUp: boolean;
}

export interface DemandInput {
  service: Pick<GenerationService, "workload" | "scale">;
  metric: ScalingMetric;
  observed: Pick<ObservedWorkload, "replicas" | "instances"> | undefined;
  /** What routers have counted of it. */
  counters: readonly LoadCounter[];
}

/** What the load of a live workload asks for, by what is known of it since the last look. */
export function judgeDemand(
  { service, metric, observed, counters }: DemandInput,
  before: DemandMemory | null,
  rules: ScalingRules,
  now: number,
): { demand: Demand; memory: DemandMemory } {
  const { scale } = service;
  const ready = (observed?.instances ?? []).filter(({ state }) => state === "ready");
  const last = before?.history ?? null;
  const read =
    metric === "cpu"
      ? addMeasured(last, usedMillis(ready), now, rules.stableMs)
      : countRequests(last, counters, now, rules.stableMs);
  const isUp = ready.length > 0;
  // What waited until one was ready counts in no window.
  const history = isUp && before?.isUp !== false ? read : beginAnew(read);
  const input: ScalingInput = {
    stable: averageLoad(history.points, rules.stableMs),
    panic: averageLoad(history.points, rules.panicMs),
    ...loadOfOne(service, metric, rules),
    // What nobody measures says nothing: what runs stays.
    ready: metric === "cpu" && !ready.some(isMeasured) ? 0 : ready.length,
    replicas: observed?.replicas ?? 0,
    min: scale.min,
    max: scale.max,
    delayMs: scale.idleMs,
  };
  const { count, state, changesAt } = decideInstances(input, before?.state ?? null, rules, now);
  const isLeast = count === Math.max(1, scale.min);
  const again =
    ready.length === 0
      ? null
      : metric === "cpu"
        ? now + rules.measureEveryMs
        : countAgainAt(history, isLeast, rules, now);
  const times = [changesAt, again].filter((at) => at !== null);
  return {
    demand: { count, changesAt: times.length === 0 ? null : Math.min(...times) },
    memory: { history, state, isUp },
  };
}

/**
 * Averages change until the load has been even for a stable window, and for one look more: the point at which it became even may have
 * made room for the next one. Where there is no load, and no instance to end, nothing comes of that.
 */
function countAgainAt(
  { now: load, evenSince }: LoadHistory,
  isLeast: boolean,
  { stableMs, countEveryMs }: ScalingRules,
  now: number,
): number | null {
  const evenMs = load === 0 && isLeast ? loadStirsAfterMs : Math.max(loadStirsAfterMs, stableMs + countEveryMs);
  return now - evenSince >= evenMs ? null : now + countEveryMs;
}

function loadOfOne(
  { workload, scale }: Pick<GenerationService, "workload" | "scale">,
  metric: ScalingMetric,
  rules: ScalingRules,
): Pick<ScalingInput, "target" | "capacity" | "burst" | "tolerance"> {
  if (metric === "cpu") {
    const target = (workload.resources.cpuMillis * (scale.cpuPercent ?? 100)) / 100;
    return { target, capacity: target, burst: 0, tolerance: rules.cpuTolerance };
  }
  const { concurrency, target } = scale;
  if (concurrency === undefined && target !== undefined) return { target, capacity: target, burst: 0, tolerance: 0 };
  const capacity = concurrency ?? 1;
  return { target: capacity * rules.targetShare, capacity, burst: rules.burst, tolerance: 0 };
}

function usedMillis(instances: readonly ObservedInstance[]): number {
  return instances.reduce((sum, { cpuMillis }) => sum + (cpuMillis ?? 0), 0);
}

function isMeasured({ cpuMillis }: ObservedInstance): boolean {
  return typeof cpuMillis === "number";
}
