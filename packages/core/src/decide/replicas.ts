import { fitsQuota, type Need, takenBy } from "../quota.ts";
import type { EnvironmentQuota, ObservedInstance, ObservedTask, ObservedWorkload } from "../runtime.ts";
import type { WorkloadLoad } from "../routing.ts";
import { type Autoscale, autoscaleOf, scalingMetricOf } from "../service.ts";
import type { Demand } from "./scaling/demand.ts";
import {
  type DesiredEnvironment,
  type Generation,
  type GenerationService,
  type KeptGeneration,
  listens,
  servicesById,
  workloadIds,
} from "./desired.ts";

export interface Observed {
  workloads: ReadonlyMap<string, ObservedWorkload>;
  tasks: ReadonlyMap<string, ObservedTask>;
  load: ReadonlyMap<string, WorkloadLoad>;
  /** Since when requests have been counted: before that nothing is known of them. */
  loadSince: number;
  /** Whether the runtime scales by use of processors itself. */
  scalesByLoad: boolean;
  /** How many instances of what is live its load asks for, of what Berth scales by load. What nobody has judged stays as it is. */
  demands?: ReadonlyMap<string, Demand>;
  /** What all that runs may take; null or missing: there is no bound. */
  quota?: EnvironmentQuota | null;
  /** As in `Observation`: nobody is blamed for what nobody could see. */
  outdated?: string | null;
  freshSince?: number;
}

/** How many instances each workload should have now, and when that may change by itself. */
export interface WantedReplicas {
  replicas: ReadonlyMap<string, number>;
  /** What the runtime scales by itself, within which bounds. Of these `replicas` is what it has chosen, where that is within them. */
  autoscales: ReadonlyMap<string, Autoscale>;
  changesAt: number | null;
}

/** How many instances of each workload an environment should have. Workloads that are not named should have none. */
export function wantedReplicas(desired: DesiredEnvironment, observed: Observed, now: number): WantedReplicas {
  const needs = new Map<string, Need>();
  const autoscales = liveAutoscales(desired, observed);
  let changesAt: number | null = null;
  const want = (service: GenerationService, count: number) => {
    const { id, resources } = service.workload;
    needs.set(id, { resources, instances: Math.max(count, needs.get(id)?.instances ?? 0) });
  };
  const changeAt = (at: number) => {
    changesAt = Math.min(at, changesAt ?? at);
  };
  const replacedWorkers = workersGivenUp(desired, observed);
  const asleep = new Set<GenerationService>();
  // Workers last, for some are awake only with those that are asked.
  const live = (desired.live?.services ?? []).toSorted((a, b) => Number(listens(b)) - Number(listens(a)));
  for (const service of live) {
    const { id } = service.workload;
    if (replacedWorkers.has(id)) {
      autoscales.delete(id);
      want(service, 0);
    } else if (autoscales.has(id)) want(service, runningWithin(autoscales.get(id)!, id, observed));
    else {
      const sleeps = listens(service) && service.scale.min === 0;
      const awakeTo = sleeps ? awakeUntil(service, desired, observed, now) : Infinity;
      if (awakeTo <= now || sleepsWithOthers(service, live, asleep)) {
        asleep.add(service);
        want(service, 0);
        continue;
      }
      if (sleeps) changeAt(awakeTo);
      const { count, changesAt: at } = demandOf(service, observed);
      want(service, sleeps ? Math.max(1, count) : count);
      if (at !== null) changeAt(at);
    }
  }
  for (const service of desired.rollout?.services ?? []) {
    // Two that set one number would not come to rest: its bounds change once the rollout is live.
    if (autoscales.has(service.workload.id) || sleepsOn(service, desired, observed)) continue;
    if (listens(service) || mayStartWorker(service, desired, observed))
      want(service, fullReplicas(service, desired, observed));
  }
  const keep = ({ services, until, version }: KeptGeneration) => {
    changeAt(until);
    for (const service of services.filter(listens)) want(service, keptReplicas(service, desired, version));
  };
  for (const generation of desired.visited) if (generation.until > now) keep(generation);
  for (const { services } of desired.drilled) for (const service of services) want(service, 1);
  // What is warm has what all else leaves, the newest first: it goes before something that is needed has no room.
  for (const generation of desired.warm)
    if (generation.until > now && fitsBeside(needs, generation, observed)) keep(generation);
  const replicas = new Map([...needs].map(([id, { instances }]) => [id, instances]));
  if (isCrowded(replicas, desired, observed)) holdRolloutBack(replicas, desired, observed);
  return { replicas, autoscales, changesAt };
}

/** Whether one instance of each service of what is warm has room beside what else there is to be. */
function fitsBeside(needs: ReadonlyMap<string, Need>, { services }: Generation, { quota = null }: Observed): boolean {
  const all = new Map(needs);
  for (const { workload } of services.filter(listens))
    if (!all.has(workload.id)) all.set(workload.id, { resources: workload.resources, instances: 1 });
  return fitsQuota(takenBy(all.values()), quota);
}

/** Whether what is to end still takes the room of what is to come. */
function isCrowded(wanted: ReadonlyMap<string, number>, desired: DesiredEnvironment, observed: Observed): boolean {
  const { workloads, quota = null } = observed;
  if (quota === null) return false;
  const needs: Need[] = [];
  let isSomeEnding = false;
  for (const [id, { workload }] of servicesById(desired)) {
    const there = workloads.get(id)?.instances.filter(({ state }) => state !== "exited").length ?? 0;
    const count = wanted.get(id) ?? 0;
    isSomeEnding ||= there > count;
    needs.push({ resources: workload.resources, instances: Math.max(there, count) });
  }
  return isSomeEnding && !fitsQuota(takenBy(needs), quota);
}

/** Starts nothing more of a rollout: what a quota refuses is tried again after longer and longer pauses, so that it is better not to begin before there is room. */
function holdRolloutBack(replicas: Map<string, number>, { live, rollout }: DesiredEnvironment, observed: Observed) {
  const lives = new Set(workloadIds(live));
  for (const id of workloadIds(rollout)) {
    const wanted = replicas.get(id);
    if (wanted === undefined || lives.has(id)) continue;
    replicas.set(id, Math.min(wanted, observed.workloads.get(id)?.replicas ?? 0));
  }
}

/** Whether it is a worker that runs only while others are awake, and none of those is. */
function sleepsWithOthers(
  service: GenerationService,
  live: readonly GenerationService[],
  asleep: ReadonlySet<GenerationService>,
): boolean {
  if (listens(service) || service.scale.whileAwake !== true) return false;
  const listeners = live.filter(listens);
  return listeners.length > 0 && listeners.every((listener) => asleep.has(listener));
}

/** What is live and scaled by load: nothing else may be, for what is kept warm or sleeps has a number of its own. */
function liveAutoscales(
  { live }: Pick<DesiredEnvironment, "live">,
  { scalesByLoad }: Pick<Observed, "scalesByLoad">,
): Map<string, Autoscale> {
  const scaled = new Map<string, Autoscale>();
  if (!scalesByLoad) return scaled;
  for (const { workload, scale } of live?.services ?? []) {
    const autoscale = autoscaleOf(scale);
    if (autoscale !== null) scaled.set(workload.id, autoscale);
  }
  return scaled;
}

/** How many instances of a live service that is awake there should be. */
function demandOf({ scale, workload }: GenerationService, observed: Observed): Demand {
  const metric = scalingMetricOf(scale, observed.scalesByLoad);
  if (metric === null) return { count: scale.min, changesAt: null };
  const bounds = { min: metric === "command" ? scale.min : Math.max(1, scale.min), max: scale.max };
  return observed.demands?.get(workload.id) ?? { count: runningWithin(bounds, workload.id, observed), changesAt: null };
}

/** How many run, or the nearest number that may. */
function runningWithin({ min, max }: Pick<Autoscale, "min" | "max">, id: string, observed: Observed): number {
  return Math.min(max, Math.max(min, observed.workloads.get(id)?.replicas ?? 0));
}

/** With how many instances a service of a rollout comes up: what is scaled by load with as many as its predecessor needs just now. */
function fullReplicas(service: GenerationService, { live }: Pick<Standing, "live">, observed: Observed): number {
  const { scale, workload } = service;
  const { scalesByLoad } = observed;
  const metric = scalingMetricOf(scale, scalesByLoad);
  const byLoad = metric !== null || (scalesByLoad && autoscaleOf(scale) !== null);
  const before = live?.services.find((each) => each.workload.service === workload.service);
  // A worker that may have none shows with one that it comes up, unless it is live already.
  const proves = listens(service) || (metric === "command" && before?.workload.id !== workload.id);
  const least = proves ? Math.max(1, scale.min) : scale.min;
  if (!byLoad || before === undefined || !listens(service) || !listens(before)) return least;
  return runningWithin({ min: least, max: scale.max }, before.workload.id, observed);
}

/** One instance keeps a rollback warm; what sleeps by itself is not kept awake for that, but a visited release is. */
function keptReplicas(service: GenerationService, { visited }: DesiredEnvironment, version: number): number {
  return service.scale.min > 0 || visited.some((each) => each.version === version) ? 1 : 0;
}

/** Until when a service that may sleep stays awake, as things are: requests in flight, and `idleMs` after the last one. */
function awakeUntil(service: GenerationService, desired: DesiredEnvironment, observed: Observed, now: number): number {
  const { id } = service.workload;
  const load = observed.load.get(id);
  if (load !== undefined && load.inFlight > 0) return now + service.scale.idleMs;
  const runs = (observed.workloads.get(id)?.replicas ?? 0) > 0;
  const startedLive = desired.live?.wakesNothing !== true || runs;
  const lastActiveAt = Math.max(
    desired.woken.get(id) ?? 0,
    load?.lastRequestAt ?? 0,
    startedLive ? (desired.live?.liveAt ?? 0) : 0,
    runs ? observed.loadSince : 0,
  );
  return lastActiveAt + service.scale.idleMs;
}

/** The live workers that have to end because a rollout, whose other services are ready, brings another generation of them. */
function workersGivenUp(desired: DesiredEnvironment, observed: Observed): ReadonlySet<string> {
  const { live, rollout } = desired;
  if (live === null || rollout === null || !listenersReady(rollout, desired, observed)) return new Set();
  const next = new Map(rollout.services.map((service) => [service.workload.service, service]));
  return new Set(
    live.services
      .filter((service) => !listens(service))
      .filter(({ workload }) => next.has(workload.service) && next.get(workload.service)!.workload.id !== workload.id)
      .map(({ workload }) => workload.id),
  );
}

/** A worker of a rollout starts when the services that take requests are ready and its predecessor has ended. */
function mayStartWorker(service: GenerationService, desired: DesiredEnvironment, observed: Observed): boolean {
  const { live, rollout } = desired;
  if (rollout === null || !listenersReady(rollout, desired, observed)) return false;
  const before = live?.services.find(({ workload }) => workload.service === service.workload.service);
  // What took requests goes on doing so until the rollout is live.
  if (before === undefined || before.workload.id === service.workload.id || listens(before)) return true;
  return (observed.workloads.get(before.workload.id)?.instances ?? []).every(({ state }) => state === "exited");
}

function listenersReady(rollout: Generation, standing: Standing, observed: Observed): boolean {
  return rollout.services.filter(listens).every((service) => isReady(service, standing, observed));
}

/** What of an environment has proved itself: it is live, or was and is kept warm. */
export type Standing = Pick<DesiredEnvironment, "live" | "warm"> & Partial<Pick<DesiredEnvironment, "rollout">>;

/** Whether a rollout leaves a service asleep that the live release has asleep. */
function sleepsOn(service: GenerationService, { live, rollout }: Standing, observed: Observed): boolean {
  if (rollout?.wakesNothing !== true || !rollout.services.includes(service)) return false;
  const before = live?.services.find(({ workload }) => workload.service === service.workload.service);
  if (before === undefined || !listens(before) || before.scale.min > 0 || !listens(service) || service.scale.min > 0)
    return false;
  const seen = observed.workloads.get(before.workload.id);
  return (seen?.replicas ?? 0) === 0;
}

/**
 * Whether a rollout's service is up. What runs in the live release already is taken as it is; of what is warm one
 * instance is enough, so that going back is a flip, and the others start while it serves.
 */
export function isReady(service: GenerationService, standing: Standing, observed: Observed): boolean {
  const { live, warm } = standing;
  const { id } = service.workload;
  const has = (generation: Generation | null) => workloadIds(generation).includes(id);
  if (has(live) || sleepsOn(service, standing, observed)) return true;
  const full = fullReplicas(service, { live }, observed);
  const wanted = listens(service) && warm.some(has) ? 1 : full;
  const instances = observed.workloads.get(service.workload.id)?.instances ?? [];
  return instances.filter(({ state }) => state === "ready").length >= wanted;
}

/**
 * The instances that a workload loses when it goes down to `replicas`: those that are not ready first, then the newest.
 * Deployer and runtimes both use it, so that what was drained is what ends.
 */
export function surplusInstances<Instance extends Pick<ObservedInstance, "id" | "state" | "startedAt">>(
  instances: readonly Instance[],
  replicas: number,
): Instance[] {
  const staying = instances
    .filter(({ state }) => state !== "stopping")
    .toSorted(
      (a, b) =>
        Number(b.state === "ready") - Number(a.state === "ready") ||
        a.startedAt - b.startedAt ||
        (a.id < b.id ? -1 : 1),
    );
  return staying.slice(replicas);
}
