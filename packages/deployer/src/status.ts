import type { EnvironmentStatus, Fault, Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment } from "./find.ts";
import { loadLive } from "./generation.ts";
import { refusalFault } from "./refusal-fault.ts";

/** What an environment serves and what runs for it, as the runtime reports it now. */
export async function environmentStatus(
  deps: DeployerDeps,
  scope: Scope,
  faults: ReadonlyMap<string, Fault>,
): Promise<EnvironmentStatus> {
  const environment = await findEnvironment(deps.store, scope);
  const live = await loadLive(deps, environment);
  const { workloads } = await deps.runtime.observe(scope);
  return {
    ...scope,
    url: deps.url(scope),
    live: environment.live,
    desired: environment.desired,
    services: (live?.services ?? []).map(({ workload, routes }) => {
      const observed = workloads.get(workload.id);
      return {
        name: workload.service,
        workload: workload.id,
        version: live!.version,
        routes,
        replicas: observed?.replicas ?? 0,
        fault: faults.get(workload.id) ?? (observed === undefined ? null : refusalFault(observed)),
        instances: (observed?.instances ?? []).map((instance) => ({
          id: instance.id,
          state: instance.state,
          startedAt: instance.startedAt,
          restarts: instance.restarts,
          lastExit: instance.lastExit,
          memoryBytes: instance.memoryBytes,
          cpuMillis: instance.cpuMillis ?? null,
          node: instance.node ?? null,
          reason: instance.reason,
          port: instance.endpoint?.port ?? null,
        })),
      };
    }),
  };
}
