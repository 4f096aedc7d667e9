import type { LoadCounter } from "../../routing.ts";
import type { ObservedWorkload } from "../../runtime.ts";
import type { Resources } from "../../service.ts";
import type { Usage } from "../../usage.ts";
import { growthOf } from "../scaling/load-history.ts";

/** A workload of a service at a moment: what it may take, what runs of it, and what routers have counted of its requests so far. */
export interface WorkloadLook {
  id: string;
  resources: Resources;
  observed: ObservedWorkload | undefined;
  counters: readonly LoadCounter[];
}

/** A service at a moment, over all its workloads. */
export interface ServiceLook {
  at: number;
  instances: number;
  /** Of those whose use is measured, in thousandths of a processor; and what they reserve. */
  cpuMillis: number;
  cpuReservedMillis: number;
  memoryBytes: number;
  memoryReservedBytes: number;
  memoryPeakBytes: number;
  isAsleep: boolean;
  /** By workload and router. */
  counters: ReadonlyMap<string, LoadCounter>;
}

/** A longer time between two looks was slept through, by the machine or by whoever looks: nobody knows what happened. */
export const longestLookMs = 60_000;

/** What a service takes now; `maySleep`: it is no fault where it has no instance. */
export function lookAtService(workloads: readonly WorkloadLook[], maySleep: boolean, now: number): ServiceLook {
  const running = workloads.flatMap(({ resources, observed }) =>
    (observed?.instances ?? [])
      .filter(({ state }) => state !== "exited")
      .map(({ cpuMillis = null, memoryBytes }) => ({ cpuMillis, memoryBytes, resources })),
  );
  const withCpu = running.filter(({ cpuMillis }) => cpuMillis !== null);
  const withMemory = running.filter(({ memoryBytes }) => memoryBytes !== null);
  const isAskedFor = workloads.some(({ observed }) => (observed?.replicas ?? 0) > 0);
  return {
    at: now,
    instances: running.length,
    cpuMillis: sumOf(withCpu, ({ cpuMillis }) => cpuMillis!),
    cpuReservedMillis: sumOf(withCpu, ({ resources }) => resources.cpuMillis),
    memoryBytes: sumOf(withMemory, ({ memoryBytes }) => memoryBytes!),
    memoryReservedBytes: sumOf(withMemory, ({ resources }) => resources.memoryBytes),
    memoryPeakBytes: Math.max(0, ...withMemory.map(({ memoryBytes }) => memoryBytes!)),
    isAsleep: maySleep && !isAskedFor && running.length === 0,
    counters: new Map(
      workloads.flatMap(({ id, counters }) => counters.map((counter) => [`${id} ${counter.router}`, counter] as const)),
    ),
  };
}

/**
 * What a service took from one look to the next: what was seen at the first stands for the time until the second, and requests are what
 * routers have counted since. Null where too long a time went by, or none. Wakes are not seen by looking.
 */
export function usageBetween(before: ServiceLook, after: ServiceLook): Usage | null {
  const ms = after.at - before.at;
  if (ms <= 0 || ms > longestLookMs) return null;
  let requests = 0;
  let requestMs = 0;
  for (const [key, counter] of after.counters) {
    const grown = growthOf(before.counters.get(key), before.at, counter, after.at);
    requests += grown.requests;
    requestMs += grown.busyMs;
  }
  return {
    watchedMs: ms,
    requests,
    requestMs,
    instanceMs: before.instances * ms,
    cpuMs: (before.cpuMillis / 1_000) * ms,
    cpuReservedMs: (before.cpuReservedMillis / 1_000) * ms,
    memoryByteSeconds: (before.memoryBytes * ms) / 1_000,
    memoryReservedByteSeconds: (before.memoryReservedBytes * ms) / 1_000,
    memoryPeakBytes: Math.max(before.memoryPeakBytes, after.memoryPeakBytes),
    asleepMs: before.isAsleep ? ms : 0,
    wakes: 0,
  };
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
