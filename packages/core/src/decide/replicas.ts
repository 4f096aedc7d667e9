import type { ObservedInstance, ObservedWorkload } from "../runtime.ts";
import type { WorkloadLoad } from "../routing.ts";
import { type DesiredEnvironment, type Generation, type GenerationService, listens } from "./desired.ts";

export interface Observed {
  workloads: ReadonlyMap<string, ObservedWorkload>;
  load: ReadonlyMap<string, WorkloadLoad>;
  /** Since when requests have been counted: before that nothing is known of them. */
  loadSince: number;
}

/** How many instances each workload should have now, and when that may change by itself. */
export interface WantedReplicas {
  replicas: ReadonlyMap<string, number>;
  changesAt: number | null;
}

/** How many instances of each workload an environment should have. Workloads that are not named should have none. */
export function wantedReplicas(desired: DesiredEnvironment, observed: Observed, now: number): WantedReplicas {
  const replicas = new Map<string, number>();
  let changesAt: number | null = null;
  const want = (service: GenerationService, count: number) => {
    replicas.set(service.workload.id, Math.max(count, replicas.get(service.workload.id) ?? 0));
  };
  const changeAt = (at: number) => {
    changesAt = Math.min(at, changesAt ?? at);
  };
  const replacedWorkers = workersGivenUp(desired, observed);
  for (const service of desired.live?.services ?? []) {
    if (!listens(service)) want(service, replacedWorkers.has(service.workload.id) ? 0 : service.scale.min);
    else if (service.scale.min > 0) want(service, service.scale.min);
    else {
      const sleepsAt = awakeUntil(service, desired, observed, now);
      want(service, sleepsAt > now ? 1 : 0);
      if (sleepsAt > now) changeAt(sleepsAt);
    }
  }
  for (const service of desired.rollout?.services ?? []) {
    if (listens(service)) want(service, Math.max(1, service.scale.min));
    else if (mayStartWorker(service, desired, observed)) want(service, service.scale.min);
  }
  for (const generation of [...desired.warm, ...desired.visited]) {
    if (generation.until <= now) continue;
    changeAt(generation.until);
    for (const service of generation.services)
      if (listens(service) && service.routes.length > 0) want(service, keptReplicas(service, desired, generation));
  }
  return { replicas, changesAt };
}

/** One instance keeps a rollback warm; what sleeps by itself is not kept awake for that, but a visited release is. */
function keptReplicas(service: GenerationService, desired: DesiredEnvironment, generation: Generation): number {
  return service.scale.min > 0 || desired.visited.some(({ version }) => version === generation.version) ? 1 : 0;
}

/** Until when a service that may sleep stays awake, as things are: requests in flight, and `idleMs` after the last one. */
function awakeUntil(service: GenerationService, desired: DesiredEnvironment, observed: Observed, now: number): number {
  const { id } = service.workload;
  const load = observed.load.get(id);
  if (load !== undefined && load.inFlight > 0) return now + service.scale.idleMs;
  const runs = (observed.workloads.get(id)?.replicas ?? 0) > 0;
  const lastActiveAt = Math.max(
    desired.woken.get(id) ?? 0,
    load?.lastRequestAt ?? 0,
    desired.live?.liveAt ?? 0,
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
export type Standing = Pick<DesiredEnvironment, "live" | "warm">;

/**
 * Whether a rollout's service is up. What runs in the live release already is taken as it is; of what is warm one
 * instance is enough, so that going back is a flip, and the others start while it serves.
 */
export function isReady(service: GenerationService, { live, warm }: Standing, observed: Observed): boolean {
  const { id } = service.workload;
  const has = (generation: Generation) => generation.services.some(({ workload }) => workload.id === id);
  if (live !== null && has(live)) return true;
  const full = listens(service) ? Math.max(1, service.scale.min) : service.scale.min;
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
