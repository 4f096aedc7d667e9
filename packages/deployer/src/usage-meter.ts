import {
  addUsage,
  type Clock,
  type DesiredEnvironment,
  generationsOf,
  lookAtService,
  maySleep,
  noUsage,
  type ObservedWorkload,
  type Resources,
  type ServiceLook,
  type Usage,
  usageBetween,
  type WorkloadLoad,
} from "@berth/core";

type Running = Pick<DesiredEnvironment, "live" | "rollout" | "warm" | "visited" | "drilled">;
type Workloads = ReadonlyMap<string, ObservedWorkload>;
type Loads = ReadonlyMap<string, WorkloadLoad>;

/** Counts what the services of one environment take. */
export interface UsageMeter {
  /** What the environment runs from now on, and what is there of it now. */
  saw(desired: Running, workloads: Workloads, load: Loads): void;
  /** What is there now of what it runs. */
  look(workloads: Workloads, load: Loads): void;
  /** A service was woken. */
  woke(service: string): void;
  /** What each service took since this was asked last. */
  take(): ReadonlyMap<string, Usage>;
}

/** A service with what may run of it. */
interface MeteredService {
  workloads: ReadonlyMap<string, Resources>;
  maySleep: boolean;
}

export function makeUsageMeter({ now }: Pick<Clock, "now">): UsageMeter {
  let services: ReadonlyMap<string, MeteredService> = new Map();
  let looks: ReadonlyMap<string, ServiceLook> = new Map();
  let counted = new Map<string, Usage>();

  function count(service: string, usage: Usage) {
    counted.set(service, addUsage(counted.get(service) ?? noUsage, usage));
  }

  function look(workloads: Workloads, load: Loads) {
    const at = now();
    const next = new Map<string, ServiceLook>();
    for (const [name, service] of services) {
      const parts = [...service.workloads].map(([id, resources]) => ({
        id,
        resources,
        observed: workloads.get(id),
        counters: load.get(id)?.counters ?? [],
      }));
      const seen = lookAtService(parts, service.maySleep, at);
      const before = looks.get(name);
      const usage = before === undefined ? null : usageBetween(before, seen);
      if (usage !== null) count(name, usage);
      next.set(name, seen);
    }
    looks = next;
  }

  return {
    saw(desired, workloads, load) {
      services = servicesOf(desired);
      look(workloads, load);
    },
    look,
    woke: (service) => count(service, { ...noUsage, wakes: 1 }),
    take() {
      const taken = counted;
      counted = new Map();
      return taken;
    },
  };
}

function servicesOf(desired: Running): Map<string, MeteredService> {
  const services = new Map<string, { workloads: Map<string, Resources>; maySleep: boolean }>();
  for (const generation of generationsOf(desired)) {
    for (const service of generation.services) {
      const { id, service: name, resources } = service.workload;
      const known = services.get(name) ?? { workloads: new Map(), maySleep: false };
      known.workloads.set(id, resources);
      if (generation === desired.live) known.maySleep = maySleep(service);
      services.set(name, known);
    }
  }
  return services;
}
