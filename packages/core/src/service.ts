import type { Command } from "./command.ts";
import type { VariableRule } from "./config/rules.ts";
import type { Cron } from "./cron.ts";
import type { WakeLimits } from "./wake.ts";

/** A service as a release has it: berth.yaml with the stack's answers and every default filled in. */
export interface ServiceSpec {
  name: string;
  /** The folder of the repository it is built from; `.` is the root. */
  source: string;
  command: Command;
  /** Path prefixes it answers at on the environment's host; empty: not reachable from outside. */
  routes: readonly string[];
  /** Whether it answers HTTP on PORT: it has routes or a health check. What does not listen is a worker. */
  listens: boolean;
  health: HealthCheck;
  scale: Scale;
  resources: Resources;
  /** Variables as the source has them; what is stored beside it comes on top when a release is made. */
  env: Record<string, string>;
  /** What berth.yaml says of variables whose values come from elsewhere. */
  rules?: Record<string, VariableRule> | undefined;
  stopGraceMs: number;
  /** It has no instances, and runs at these times. Missing: it does not. */
  cron?: Cron | undefined;
}

export interface HealthCheck {
  /** The path that is asked. Any answer below 500 is healthy. */
  path: string;
  /** How long a new instance may take until it answers. */
  timeoutMs: number;
}

export interface Scale {
  min: number;
  max: number;
  /** With `min: 0`: how long without a request until it sleeps. Of what is scaled by load: how long with less load until instances end. */
  idleMs: number;
  /** How many requests each instance may have in flight at once: with more of them there are more instances. Missing: it is not scaled by that. */
  concurrency?: number;
  /** How many requests in flight each instance has on average between `min` and `max` instances, where none is limited to a number of them. Missing: it is not scaled by that. */
  target?: number;
  /** The load that is kept between `min` and `max` instances: how much of `resources.cpu` each uses, in percent. Missing: it is not scaled by that. */
  cpuPercent?: number;
  /** Of a worker: a command says how much work waits, and there are as many instances between `min` and `max` as that asks for. Missing: it is not scaled by that. */
  metric?: MetricCommand;
  /** Of a worker: it runs only while a service of its environment that takes requests is awake, where those may sleep. */
  whileAwake?: boolean;
  /** How requests wait while no instance is there. Missing: as by default. */
  wake?: WakeLimits;
}

/** What says how much work waits for a worker. */
export interface MetricCommand {
  /** Prints it as the last line: how much waits in all. It runs as an instance of the service would. */
  command: Command;
  /** How much of it is for one instance. */
  target: number;
  /** How often it runs. */
  everyMs: number;
}

/** Bounds between which a runtime sets the number of instances, and the load that it keeps. */
export type Autoscale = Pick<Scale, "min" | "max" | "idleMs"> & { cpuPercent: number };

/** What a runtime that scales by load is asked for; null where the number of instances is fixed, or may be zero: what sleeps has no load. */
export function autoscaleOf({ min, max, idleMs, cpuPercent }: Scale): Autoscale | null {
  return cpuPercent === undefined || min < 1 || min >= max ? null : { min, max, idleMs, cpuPercent };
}

/** What load is measured by. */
export type ScalingMetric = "concurrency" | "cpu" | "command";

/** By what Berth itself sets the number of instances; null where that is fixed, or the runtime's to set. */
export function scalingMetricOf(scale: Scale, scalesByLoad: boolean): ScalingMetric | null {
  if (scale.metric !== undefined) return scale.max > scale.min ? "command" : null;
  if (scale.concurrency !== undefined || scale.target !== undefined) return hasRoom(scale) ? "concurrency" : null;
  return scalesByLoad || autoscaleOf(scale) === null ? null : "cpu";
}

/** Whether there may be more instances than run without load. */
function hasRoom({ min, max }: Pick<Scale, "min" | "max">): boolean {
  return max > Math.max(1, min);
}

/**
 * A scale that has room for more instances, and does not say by what, follows a load all the same: requests where it takes any, as Knative has
 * it by default, else the use of processors, as Kubernetes has it. What sleeps without requests has neither, and stays as it is.
 */
export function followLoad(scale: Scale, listens: boolean): Scale {
  const { min } = scale;
  const said = [scale.concurrency, scale.target, scale.cpuPercent, scale.metric];
  if (!hasRoom(scale) || said.some((one) => one !== undefined)) return scale;
  if (listens) return { ...scale, target: serviceDefaults.target };
  return min === 0 ? scale : { ...scale, cpuPercent: serviceDefaults.cpuPercent };
}

export interface Resources {
  cpuMillis: number;
  memoryBytes: number;
}

export const serviceDefaults = {
  healthPath: "/",
  healthTimeoutMs: 30_000,
  idleMs: 300_000,
  /** The most instances of what is scaled by its load and says no bound. */
  maxByLoad: 10,
  /** Seven tenths of the 100 that Knative takes for what one can have, where nothing limits it. */
  target: 70,
  /** That of a HorizontalPodAutoscaler without metrics. */
  cpuPercent: 80,
  /** KEDA asks each 30 s, and a HorizontalPodAutoscaler each 15. */
  metricEveryMs: 15_000,
  cpuMillis: 250,
  memoryBytes: 512 * 2 ** 20,
  stopGraceMs: 10_000,
  /** A worker counts as ready when it has lived this long. */
  workerReadyAfterMs: 5_000,
} as const;
