import {
  type Demand,
  type DemandMemory,
  type DesiredEnvironment,
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
    observed: Omit<Observed, "demands">,
    now: number,
  ): Map<string, Demand>;
  /** Whether the number of a workload's instances follows its load since the last look: what sleeps or starts is woken instead. */
  follows(workload: string): boolean;
}

export function makeScalers(rules: ScalingRules): Scalers {
  let memories: ReadonlyMap<string, DemandMemory> = new Map();
  return {
    judge({ live }, { workloads, load, scalesByLoad }, now) {
      const demands = new Map<string, Demand>();
      const kept = new Map<string, DemandMemory>();
      for (const service of live?.services ?? []) {
        const metric = scalingMetricOf(service.scale, scalesByLoad);
        if (metric === null) continue;
        const { id } = service.workload;
        const input = { service, metric, observed: workloads.get(id), counters: load.get(id)?.counters ?? [] };
        const { demand, memory } = judgeDemand(input, memories.get(id) ?? null, rules, now);
        demands.set(id, demand);
        kept.set(id, memory);
      }
      memories = kept;
      return demands;
    },
    follows: (workload) => memories.get(workload)?.isUp === true,
  };
}
