import type { Scope } from "../../runtime.ts";
import { sumUsage, type Usage } from "../../usage.ts";
import { type AdvisedService, adviseService, type EfficiencyAdvice, enoughRunningMs } from "./advice.ts";

/** How much was used of what was reserved. */
export interface Efficiency {
  usage: Usage;
  /** Used of reserved, 0 to 1, or more where nothing holds it back; null where it was not measured. */
  cpuShare: number | null;
  memoryShare: number | null;
  /** Requests in flight at an instance, on average over the time that there was one; null where there was none. */
  requestsPerInstance: number | null;
  /** What was reserved and not used, in ms of a processor; 4 GiB of memory count as one. */
  unusedMs: number;
}

/** Too little is known of a service for advice: so much of what is needed. `watched`: anybody looked; `running`: instances ran. */
export interface MissingData {
  what: "watched" | "running";
  haveMs: number;
  needMs: number;
}

export interface ServiceEfficiency extends Efficiency {
  service: string;
  advice: readonly EfficiencyAdvice[];
  /** Null where advice rests on enough. */
  missing: MissingData | null;
}

export interface EnvironmentEfficiency extends Efficiency, Scope {
  /** Those of what is live, worst first. */
  services: readonly ServiceEfficiency[];
}

/** Half a day: a night tells nothing of a working day. */
export const enoughWatchedMs = 12 * 3_600_000;

/** What clouds sell with a processor in machines for any purpose. */
const bytesPerProcessor = 4 * 2 ** 30;

/** How well the services of an environment use what they reserve, by the buckets of the last day, and what to change. */
export function judgeEfficiency(
  { app, environment }: Scope,
  services: readonly Omit<AdvisedService, keyof Scope>[],
): EnvironmentEfficiency {
  const judged = services
    .map((service) => judgeService({ ...service, app, environment }))
    .toSorted((a, b) => b.unusedMs - a.unusedMs || (a.service < b.service ? -1 : 1));
  const total = sumUsage(judged.map(({ usage }) => usage));
  const unusedMs = judged.reduce((sum, service) => sum + service.unusedMs, 0);
  return { app, environment, ...sharesOf(total), unusedMs, services: judged };
}

function judgeService(service: AdvisedService): ServiceEfficiency {
  const usage = sumUsage(service.buckets);
  const missing = missingOf(usage);
  const advice = missing?.what === "watched" ? [] : adviseService(service);
  return { service: service.service, ...sharesOf(usage), unusedMs: unusedOf(usage), advice, missing };
}

function missingOf({ watchedMs, instanceMs }: Usage): MissingData | null {
  if (watchedMs < enoughWatchedMs) return { what: "watched", haveMs: watchedMs, needMs: enoughWatchedMs };
  if (instanceMs < enoughRunningMs) return { what: "running", haveMs: instanceMs, needMs: enoughRunningMs };
  return null;
}

function sharesOf(usage: Usage): Omit<Efficiency, "unusedMs"> {
  return {
    usage,
    cpuShare: shareOf(usage.cpuMs, usage.cpuReservedMs),
    memoryShare: shareOf(usage.memoryByteSeconds, usage.memoryReservedByteSeconds),
    requestsPerInstance: shareOf(usage.requestMs, usage.instanceMs),
  };
}

function unusedOf({ cpuMs, cpuReservedMs, memoryByteSeconds, memoryReservedByteSeconds }: Usage): number {
  const unusedByteSeconds = Math.max(0, memoryReservedByteSeconds - memoryByteSeconds);
  return Math.round(Math.max(0, cpuReservedMs - cpuMs) + (unusedByteSeconds * 1_000) / bytesPerProcessor);
}

function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

/** Worst first: by what is reserved and not used, then by how long instances ran for nobody. */
export function compareEfficiency(a: EnvironmentEfficiency, b: EnvironmentEfficiency): number {
  return (
    b.unusedMs - a.unusedMs ||
    idleMs(b) - idleMs(a) ||
    (a.app === b.app ? (a.environment < b.environment ? -1 : 1) : a.app < b.app ? -1 : 1)
  );
}

function idleMs({ usage }: Efficiency): number {
  return Math.max(0, usage.instanceMs - usage.requestMs);
}
