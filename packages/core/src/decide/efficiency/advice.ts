import { production } from "../../names.ts";
import type { Scope } from "../../runtime.ts";
import type { Resources, Scale } from "../../service.ts";
import type { Usage } from "../../usage.ts";
import { defaultScalingRules } from "../scaling/rules.ts";
import { cpuText, memoryText, roundCpuUp, roundMemoryUp } from "./amounts.ts";

/** What of a service is to be changed, and why. */
export interface EfficiencyAdvice {
  kind: "sleep" | "min" | "concurrency" | "cpu" | "memory";
  /** Why, as a sentence. */
  reason: string;
  /** The line of berth.yaml, with its path: `services.web.resources.cpu: 50m`. */
  change: string;
  /** What does the same at once, without a push; null where nothing does. */
  command: string | null;
}

/** A service as it is live, and what it took lately. */
export interface AdvisedService extends Scope {
  service: string;
  /** It takes requests. */
  listens: boolean;
  scale: Scale;
  resources: Resources;
  /** Each of the same length. */
  buckets: readonly Usage[];
}

/** So much has to be left of what is reserved for it to be worth a word. */
const cpuWorth = 0.5;
const memoryWorth = 0.7;
/** Nearer to its memory than this part of it, it ends for want of it sooner or later. */
const memoryTight = 0.9;
/** What is reserved at least, beside the most that was used. */
const cpuMargin = 2;
const memoryMargin = 1.3;
/** So much of the time has to be without a request for sleep to be worth the wait of the first one after it. */
const quietWorth = 0.8;
/** Instances that use less of their processors than this part could take more requests. */
const idleCpu = 0.3;
/** More than this many instances beyond `min` is more than the change from one number to the next. */
const scaledUpBy = 0.2;
/** How long instances must have run at what they reserve now, until that is judged. */
export const enoughRunningMs = 3_600_000;

/** What would make a service take less, or keep it from running out; nothing where its use is not measured, or was for too short a time. */
export function adviseService(service: AdvisedService): EfficiencyAdvice[] {
  const count = adviseSleep(service) ?? adviseMin(service);
  const concurrency = adviseConcurrency(service);
  // More requests at each instance use more of its processor: one after the other.
  const cpu = concurrency === null ? adviseCpu(service) : null;
  return [count, concurrency, cpu, adviseMemory(service)].filter((advice) => advice !== null);
}

function adviseSleep(advised: AdvisedService): EfficiencyAdvice | null {
  const { service, listens, scale, buckets } = advised;
  if (!listens || scale.min === 0 || scale.cpuPercent !== undefined) return null;
  const quiet = buckets.filter(({ requests, requestMs }) => requests === 0 && requestMs === 0);
  const part = sumOf(quiet, "watchedMs") / Math.max(1, sumOf(buckets, "watchedMs"));
  if (part < quietWorth) return null;
  return {
    kind: "sleep",
    reason: `Nobody asked for it in ${percent(part)} of the time. Unless it works without requests, it can sleep.`,
    change: `services.${service}.scale.min: 0`,
    command: scaleCommand(advised, "--min 0"),
  };
}

function adviseMin(advised: AdvisedService): EfficiencyAdvice | null {
  const { service, listens, scale } = advised;
  // One that ends leaves another, so two are not too many.
  if (!listens || scale.min <= 2) return null;
  const needed = instancesNeeded(advised);
  const min = Math.max(2, needed ?? Infinity);
  if (min >= scale.min) return null;
  const isFixed = scale.min === scale.max;
  return {
    kind: "min",
    reason: `Its load asked for ${needed} at most, with room for twice as much.`,
    change: isFixed ? `services.${service}.scale: ${min}` : `services.${service}.scale.min: ${min}`,
    command: isFixed ? scaleCommand(advised, null, min) : scaleCommand(advised, `--min ${min}`),
  };
}

/** How many instances twice the load of the busiest bucket asks for; null where that was not measured for long enough. */
function instancesNeeded({ scale, resources, buckets }: AdvisedService): number | null {
  const judged = buckets.filter(({ watchedMs, instanceMs }) => watchedMs > 0 && instanceMs > 0);
  const perMs = (used: (usage: Usage) => number) =>
    Math.max(0, ...judged.map((usage) => used(usage) / usage.watchedMs));
  const each = requestsEach(scale);
  if (each !== null) {
    if (sumOf(judged, "instanceMs") < enoughRunningMs) return null;
    const inFlight = perMs(({ requestMs }) => requestMs);
    return atLeastOne((cpuMargin * inFlight) / each);
  }
  const measured = measuredBuckets({ resources, buckets: judged });
  if (sumOf(measured, "instanceMs") < enoughRunningMs) return null;
  const busiest = Math.max(0, ...measured.map(({ cpuMs, watchedMs }) => (cpuMs / watchedMs) * 1_000));
  return atLeastOne((cpuMargin * busiest) / (resources.cpuMillis * ((scale.cpuPercent ?? 100) / 100)));
}

/** How many requests each instance should have; null where it is not scaled by them. */
function requestsEach({ concurrency, target }: AdvisedService["scale"]): number | null {
  return concurrency === undefined ? (target ?? null) : concurrency * defaultScalingRules.targetShare;
}

function adviseConcurrency({ service, scale, resources, buckets }: AdvisedService): EfficiencyAdvice | null {
  // Who says 1 means that it can do no two things at once.
  if (scale.concurrency === undefined || scale.concurrency === 1) return null;
  const usual = Math.max(1, scale.min) + scaledUpBy;
  const scaledUp = measuredBuckets({ resources, buckets }).filter(
    ({ instanceMs, watchedMs }) => instanceMs > usual * watchedMs,
  );
  if (sumOf(scaledUp, "instanceMs") < enoughRunningMs) return null;
  const share = busiestShare(scaledUp);
  if (share >= idleCpu) return null;
  return {
    kind: "concurrency",
    reason: `While its requests had more instances made, these used ${percent(share)} of their processors at most. Each can take more.`,
    change: `services.${service}.scale.concurrency: ${2 * scale.concurrency}`,
    command: null,
  };
}

function adviseCpu({ service, scale, resources, buckets }: AdvisedService): EfficiencyAdvice | null {
  // What is scaled by its use of them keeps that where it is asked to.
  if (scale.cpuPercent !== undefined) return null;
  const measured = measuredBuckets({ resources, buckets });
  if (sumOf(measured, "instanceMs") < enoughRunningMs) return null;
  const used = busiestShare(measured) * resources.cpuMillis;
  const enough = roundCpuUp(used * cpuMargin);
  if (enough > resources.cpuMillis * cpuWorth) return null;
  return {
    kind: "cpu",
    reason: `It used ${cpuText(Math.ceil(used))} of ${cpuText(resources.cpuMillis)} in its busiest five minutes.`,
    change: `services.${service}.resources.cpu: ${cpuText(enough)}`,
    command: null,
  };
}

function adviseMemory({ service, resources, buckets }: AdvisedService): EfficiencyAdvice | null {
  const { memoryBytes } = resources;
  const measured = buckets.filter(
    ({ instanceMs, memoryPeakBytes, memoryReservedByteSeconds }) =>
      memoryPeakBytes > 0 && isNear((memoryReservedByteSeconds * 1_000) / instanceMs, memoryBytes),
  );
  const peak = peakOf(measured);
  // What was used counts, whatever was reserved for it then.
  const enough = roundMemoryUp(peakOf(buckets) * memoryMargin);
  const isTight = peak >= memoryBytes * memoryTight;
  if (sumOf(measured, "instanceMs") < enoughRunningMs) return null;
  if (!isTight && enough > memoryBytes * memoryWorth) return null;
  const used = `${memoryText(peak)} of ${memoryText(memoryBytes)}`;
  return {
    kind: "memory",
    reason: isTight
      ? `An instance used ${used}: with a little more it is ended.`
      : `No instance used more than ${used}.`,
    change: `services.${service}.resources.memory: ${memoryText(enough)}`,
    command: null,
  };
}

/** Those in which all instances were measured, and reserved what they reserve now: others tell nothing of it. */
function measuredBuckets({ resources, buckets }: Pick<AdvisedService, "resources" | "buckets">): Usage[] {
  return buckets.filter(
    ({ instanceMs, cpuReservedMs }) =>
      cpuReservedMs > 0 && isNear((cpuReservedMs / instanceMs) * 1_000, resources.cpuMillis),
  );
}

function peakOf(usages: readonly Usage[]): number {
  return Math.max(0, ...usages.map(({ memoryPeakBytes }) => memoryPeakBytes));
}

function busiestShare(measured: readonly Usage[]): number {
  return Math.max(0, ...measured.map(({ cpuMs, cpuReservedMs }) => cpuMs / cpuReservedMs));
}

/** An instance is not measured in its first seconds. */
function isNear(found: number, expected: number): boolean {
  return Math.abs(found - expected) <= expected * 0.1;
}

function atLeastOne(instances: number): number {
  return Math.max(1, Math.ceil(instances));
}

function sumOf(usages: readonly Usage[], key: "watchedMs" | "instanceMs"): number {
  return usages.reduce((sum, usage) => sum + usage[key], 0);
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}

function scaleCommand({ app, environment, service }: AdvisedService, options: string | null, exactly?: number): string {
  const what = exactly === undefined ? `${service} ${options}` : `${service}=${exactly}`;
  return `berth scale ${what} --app ${app}${environment === production ? "" : ` --env ${environment}`}`;
}
