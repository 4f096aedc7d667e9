import {
  type EnvironmentStatus,
  type Fault,
  type GenerationService,
  type MetricState,
  keptAwakeBy,
  keptWakes,
  type ObservedWorkload,
  type Requester,
  type Scope,
  summariseWakes,
  type WakeSummary,
} from "@berth/core";
import { cronStatuses } from "./crons/status.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment } from "./find.ts";
import { loadLive } from "./generation.ts";
import { refusalFault } from "./refusal-fault.ts";

/** What an environment serves and what runs for it, as the runtime reports it now. */
export async function environmentStatus(
  deps: DeployerDeps,
  scope: Scope,
  faults: ReadonlyMap<string, Fault>,
  metrics: ReadonlyMap<string, MetricState>,
): Promise<EnvironmentStatus> {
  const environment = await findEnvironment(deps.store, scope);
  const live = await loadLive(deps, environment);
  const { workloads } = await deps.runtime.observe(scope);
  const wakes = new Map<string, WakeSummary>();
  for (const { workload } of live?.services ?? []) {
    const ended = await deps.store.wakes.list({ ...scope, service: workload.service }, { limit: keptWakes });
    if (ended.length > 0) wakes.set(workload.service, summariseWakes(ended));
  }
  const crons = new Map((await cronStatuses(deps, scope)).map((cron) => [cron.service, cron]));
  const requesters = deps.router.requesters();
  return {
    ...scope,
    url: deps.url(scope),
    live: environment.live,
    desired: environment.desired,
    services: (live?.services ?? []).map((service) => {
      const { workload, routes, scale } = service;
      const metric = metrics.get(workload.id);
      const observed = workloads.get(workload.id);
      return {
        name: workload.service,
        workload: workload.id,
        version: live!.version,
        routes,
        replicas: observed?.replicas ?? 0,
        fault: faults.get(workload.id) ?? (observed === undefined ? null : refusalFault(observed)),
        wakes: wakes.get(workload.service) ?? null,
        keptAwakeBy: awakeFor(service, observed, requesters.get(workload.id) ?? [], deps.clock.now()),
        cron: crons.get(workload.service) ?? null,
        metric: metric === undefined || scale.metric === undefined ? null : { ...scale.metric, ...metric },
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

/** Who keeps a service awake that may sleep. */
function awakeFor(
  { scale }: GenerationService,
  observed: ObservedWorkload | undefined,
  requesters: readonly Requester[],
  now: number,
): Requester[] {
  const starts = (observed?.instances ?? []).filter(({ state }) => state === "ready").map(({ startedAt }) => startedAt);
  if (scale.min > 0 || starts.length === 0) return [];
  return keptAwakeBy({ awakeForMs: now - Math.min(...starts), idleMs: scale.idleMs, requesters });
}
