import type { WorkloadLoad } from "@berth/core";

export type Loads = ReadonlyMap<string, WorkloadLoad>;

/** Of a load what belongs to these workloads. */
export function pickLoads(load: Loads, workloads: readonly string[]): Loads {
  const picked = new Map<string, WorkloadLoad>();
  for (const id of workloads) {
    const counted = load.get(id);
    if (counted !== undefined) picked.set(id, counted);
  }
  return picked;
}

/** The load of all routers together. */
export function mergeLoads(loads: readonly Loads[]): Loads {
  const [first, ...others] = loads.filter((load) => load.size > 0);
  if (first === undefined || others.length === 0) return first ?? new Map();
  const sum = new Map(first);
  for (const load of others) {
    for (const [workload, counted] of load) {
      const before = sum.get(workload);
      sum.set(workload, before === undefined ? counted : addLoads(before, counted));
    }
  }
  return sum;
}

function addLoads(one: WorkloadLoad, other: WorkloadLoad): WorkloadLoad {
  const instances = new Map(one.instances);
  for (const [instance, inFlight] of other.instances)
    instances.set(instance, (instances.get(instance) ?? 0) + inFlight);
  return {
    inFlight: one.inFlight + other.inFlight,
    lastRequestAt: latest(one.lastRequestAt, other.lastRequestAt),
    instances,
    counters: [...one.counters, ...other.counters],
  };
}

function latest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

/** Whether a load is as it was, so that what it comes to goes on as it did: see `LoadCounter.busyMs`. */
export function isSameLoad(one: WorkloadLoad, other: WorkloadLoad): boolean {
  return (
    sameRequests(one, other) &&
    one.inFlight === other.inFlight &&
    one.lastRequestAt === other.lastRequestAt &&
    one.instances.size === other.instances.size &&
    [...one.instances].every(([instance, inFlight]) => other.instances.get(instance) === inFlight)
  );
}

function sameRequests(one: WorkloadLoad, other: WorkloadLoad): boolean {
  return (
    one.counters.length === other.counters.length &&
    one.counters.every(({ requests }, index) => requests === other.counters[index]!.requests)
  );
}

/** What is left of the load of a router that is gone: nothing is in flight there, but what it served was not idle. */
export function lastRequestsOf(load: Loads): Map<string, WorkloadLoad> {
  const left = new Map<string, WorkloadLoad>();
  for (const [workload, { lastRequestAt }] of load)
    if (lastRequestAt !== null) left.set(workload, { inFlight: 0, lastRequestAt, instances: new Map(), counters: [] });
  return left;
}
