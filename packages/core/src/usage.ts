import type { Scope } from "./runtime.ts";

/** How long a bucket is. They begin at multiples of that since the epoch. */
export const usageBucketMs = 5 * 60_000;

/** For how long they are kept. */
export const keptUsageMs = 24 * 3_600_000;

/**
 * What a service was asked for and what it took, over some time. All but the peak are sums: they add up over times, services and environments.
 * Instances are those that take resources, of all releases that are up: live, rolled out, warm or visited.
 */
export interface Usage {
  /** For how long anybody looked. */
  watchedMs: number;
  requests: number;
  /** Requests in flight × ms, also those that wait; upgraded connections and streams for as long as they are open. */
  requestMs: number;
  /** Instances × ms. */
  instanceMs: number;
  /** What was used of processors, in ms of one, by instances whose use is measured. */
  cpuMs: number;
  /** `resources.cpu` of these instances over the same time. */
  cpuReservedMs: number;
  /** Memory × s, of instances whose use is measured. */
  memoryByteSeconds: number;
  /** `resources.memory` of these instances over the same time. */
  memoryReservedByteSeconds: number;
  /** The most that one instance was seen to use; 0 where none was measured. */
  memoryPeakBytes: number;
  /** How long it had no instance, as it may. */
  asleepMs: number;
  wakes: number;
}

/** What a service took between `at` and the end of that bucket, as far as anybody looked. */
export interface UsageBucket extends Scope, Usage {
  service: string;
  /** When the bucket began, ms since the epoch. */
  at: number;
}

export const noUsage: Usage = {
  watchedMs: 0,
  requests: 0,
  requestMs: 0,
  instanceMs: 0,
  cpuMs: 0,
  cpuReservedMs: 0,
  memoryByteSeconds: 0,
  memoryReservedByteSeconds: 0,
  memoryPeakBytes: 0,
  asleepMs: 0,
  wakes: 0,
};

/** The usage of both. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    watchedMs: a.watchedMs + b.watchedMs,
    requests: a.requests + b.requests,
    requestMs: a.requestMs + b.requestMs,
    instanceMs: a.instanceMs + b.instanceMs,
    cpuMs: a.cpuMs + b.cpuMs,
    cpuReservedMs: a.cpuReservedMs + b.cpuReservedMs,
    memoryByteSeconds: a.memoryByteSeconds + b.memoryByteSeconds,
    memoryReservedByteSeconds: a.memoryReservedByteSeconds + b.memoryReservedByteSeconds,
    memoryPeakBytes: Math.max(a.memoryPeakBytes, b.memoryPeakBytes),
    asleepMs: a.asleepMs + b.asleepMs,
    wakes: a.wakes + b.wakes,
  };
}

/** The usage of all; none where there are none. */
export function sumUsage(usages: readonly Usage[]): Usage {
  return usages.reduce(addUsage, noUsage);
}

/** When the bucket began that a moment is in. */
export function usageBucketAt(now: number): number {
  return now - (now % usageBucketMs);
}
