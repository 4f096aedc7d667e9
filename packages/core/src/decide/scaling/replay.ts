import type { LoadCounter } from "../../routing.ts";
import type { ObservedInstance } from "../../runtime.ts";
import type { Scale } from "../../service.ts";
import type { GenerationService } from "../desired.ts";
import { type DemandMemory, judgeDemand } from "./demand.ts";
import type { ScalingRules } from "./rules.ts";

/** What a router has counted of a workload, interval by interval. */
export interface LoadTrace {
  /** What the load is like, in a sentence. */
  about: string;
  everyMs: number;
  requests: readonly number[];
  busyMs: readonly number[];
}

/** What became of one interval of a trace. */
export interface ReplayStep {
  /** Since the trace began. */
  atMs: number;
  /** In flight on average. */
  inFlight: number;
  /** How many instances were asked for, and how many were ready. */
  desired: number;
  ready: number;
}

/** Lets the autoscaler follow a load that was recorded, with instances that take `startMs` until they are ready and end at once. */
export function replay(
  { everyMs, requests, busyMs }: LoadTrace,
  scale: Scale,
  startMs: number,
  rules: ScalingRules,
): ReplayStep[] {
  const service = { scale, workload: { resources: { cpuMillis: 0, memoryBytes: 0 } } } as GenerationService;
  const steps: ReplayStep[] = [];
  let memory: DemandMemory | null = null;
  let startedAt: number[] = Array.from({ length: scale.min }, () => -startMs);
  const counted = { requests: 0, busyMs: 0 };
  let lastRequestAt = 0;
  for (const [index, busy] of busyMs.entries()) {
    const now = (index + 1) * everyMs;
    const came = requests[index] ?? 0;
    const inFlight = busy / everyMs;
    if (busy > 0) lastRequestAt = now;
    counted.requests += came;
    counted.busyMs += busy;
    // What it is just now is near what it was in the interval.
    const counters: LoadCounter[] = [{ ...counted, router: "", at: now, inFlight: Math.round(inFlight) }];
    const instances = startedAt.map(
      (at) => ({ state: at + startMs <= now ? "ready" : "starting" }) as ObservedInstance,
    );
    const observed = { replicas: startedAt.length, instances };
    const judged = judgeDemand({ service, metric: "concurrency", observed, counters }, memory, rules, now);
    memory = judged.memory;
    const sleeps = scale.min === 0 && now - lastRequestAt >= scale.idleMs;
    const hasRun = startedAt.length > 0 || busy > 0;
    const desired = sleeps || !hasRun ? 0 : judged.demand.count;
    const ready = instances.filter(({ state }) => state === "ready").length;
    steps.push({ atMs: now, inFlight, desired, ready });
    startedAt = [
      ...startedAt.slice(0, desired),
      ...Array.from({ length: Math.max(0, desired - startedAt.length) }, () => now),
    ];
  }
  return steps;
}
