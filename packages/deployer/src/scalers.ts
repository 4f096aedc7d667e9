import {
  type BacklogMemory,
  type Demand,
  type DemandMemory,
  type DesiredEnvironment,
  judgeBacklog,
  judgeDemand,
  type Observed,
  scalingMetricOf,
  type ScalingRules,
} from "@berth/core";

/** What is remembered of the load of an environment's live workloads that are scaled by it. */
export interface Scalers {
  /** How many instances the load of now asks for, by workload. */
  judge(
    desired: Pick<DesiredEnvironment, "live">,
    observed: Omit<Observed, "demands"> & { backlogs: ReadonlyMap<string, number> },
    now: number,
  ): Map<string, Demand>;
  /** Whether the number of a workload's instances follows its load since the last look: what sleeps or starts is woken instead. */
  follows(workload: string): boolean;
}

export function makeScalers(rules: ScalingRules): Scalers {
  let memories: ReadonlyMap<string, DemandMemory> = new Map();
  /** By service: what waits for a worker waits for that of the next release. */
  let waiting: ReadonlyMap<string, BacklogMemory> = new Map();
  return {
    judge({ live }, { workloads, load, scalesByLoad, backlogs }, now) {
      const demands = new Map<string, Demand>();
      const kept = new Map<string, DemandMemory>();
      const stillWaiting = new Map<string, BacklogMemory>();
      for (const service of live?.services ?? []) {
        const metric = scalingMetricOf(service.scale, scalesByLoad);
        if (metric === null) continue;
        const { scale } = service;
        const { id, service: name } = service.workload;
        if (scale.metric !== undefined) {
          const { target } = scale.metric;
          const replicas = workloads.get(id)?.replicas ?? 0;
          const waits = { scale, target, backlog: backlogs.get(id) ?? null, replicas };
          const { demand, memory } = judgeBacklog(waits, waiting.get(name) ?? null, now);
          demands.set(id, demand);
          stillWaiting.set(name, memory);
          continue;
        }
        const input = { service, metric, observed: workloads.get(id), counters: load.get(id)?.counters ?? [] };
        const { demand, memory } = judgeDemand(input, memories.get(id) ?? null, rules, now);
        demands.set(id, demand);
        kept.set(id, memory);
      }
      memories = kept;
      waiting = stillWaiting;
      return demands;
    },
    follows: (workload) => memories.get(workload)?.isUp === true,
  };
}
