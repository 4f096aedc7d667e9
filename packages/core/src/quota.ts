import type { EnvironmentQuota } from "./runtime.ts";
import type { Resources } from "./service.ts";

/** So many instances of a service, each with these. */
export interface Need {
  resources: Resources;
  instances: number;
}

/** What all of them take of an environment's quota. */
export function takenBy(needs: Iterable<Need>): EnvironmentQuota {
  const taken = { pods: 0, cpuMillis: 0, memoryBytes: 0 };
  for (const { resources, instances } of needs) {
    taken.pods += instances;
    taken.cpuMillis += instances * resources.cpuMillis;
    taken.memoryBytes += instances * resources.memoryBytes;
  }
  return taken;
}

/** Whether there is room for so much; null: there is no bound. */
export function fitsQuota(taken: EnvironmentQuota, quota: EnvironmentQuota | null): boolean {
  if (quota === null) return true;
  return taken.pods <= quota.pods && taken.cpuMillis <= quota.cpuMillis && taken.memoryBytes <= quota.memoryBytes;
}
