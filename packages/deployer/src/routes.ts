import {
  type DesiredEnvironment,
  environmentHost,
  type Fault,
  type Generation,
  type GenerationService,
  type HostAccess,
  type HostRoutes,
  listens,
  type NeighbourRoute,
  type ObservedInstance,
  type ObservedWorkload,
  permalinkHost,
  production,
  type RoutedWorkload,
  type Scope,
} from "@berth/core";

/** One environment's part of the routing table. */
export interface EnvironmentRoutes {
  hosts: readonly (readonly [string, HostRoutes])[];
  neighbours: readonly (readonly [number, NeighbourRoute])[];
  workloads: readonly RoutedWorkload[];
}

export interface WorkloadFault extends Fault {
  /** Nothing is wrong with the workload: it will be tried again soon. */
  isPassing: boolean;
}

export interface RoutesInput {
  scope: Scope;
  domain: string;
  /** Null: everyone sees it. */
  access: HostAccess | null;
  desired: DesiredEnvironment;
  observed: ReadonlyMap<string, ObservedWorkload>;
  draining: ReadonlyMap<string, number>;
  /** What the runtime cannot do of what is wanted, by workload. */
  faults: ReadonlyMap<string, WorkloadFault>;
  /** Loopback ports of the environment's services. */
  ports: Readonly<Record<string, number>>;
}

/** Where requests to an environment go: its host to the live release, permalinks of what is visited, neighbours' ports. */
export function makeEnvironmentRoutes(input: RoutesInput): EnvironmentRoutes {
  const { scope, domain, access, desired, ports } = input;
  const host = environmentHost(scope.app, scope.environment, domain);
  const routes = makeHostRoutes(scope, null, desired.live);
  const hosts: [string, HostRoutes][] = [[host, access === null ? routes : { ...routes, access }]];
  if (scope.environment === production) {
    for (const generation of desired.visited) {
      hosts.push([
        permalinkHost(scope.app, generation.version, domain),
        makeHostRoutes(scope, generation.version, generation),
      ]);
    }
  }
  // A release that is rolled out may need a neighbour before it is ready itself: one that is new with it is reached from the start.
  const reached = new Map(
    [desired.rollout, desired.live]
      .flatMap((generation) => generation?.services ?? [])
      .filter(listens)
      .map(({ workload }) => [workload.service, workload.id]),
  );
  const neighbours = Object.entries(ports).map(
    ([service, port]) => [port, { ...scope, service, workload: reached.get(service) ?? null }] as const,
  );
  // What is live says how much its instances take, also where the same workload is in others.
  const generations = [...desired.visited, desired.rollout, desired.live].filter((generation) => generation !== null);
  const isLive = new Set((desired.live?.services ?? []).map(({ workload }) => workload.id));
  const workloads = new Map(
    generations.flatMap(({ version, services }) =>
      services.filter(listens).map((service) => {
        const { id } = service.workload;
        return [id, { ...makeRoutedWorkload(input, service, isLive.has(id)), release: version }] as const;
      }),
    ),
  );
  return { hosts, neighbours, workloads: [...workloads.values()] };
}

function makeHostRoutes(scope: Scope, version: number | null, generation: Generation | null): HostRoutes {
  const routes = (generation?.services ?? [])
    .flatMap(({ workload, routes: prefixes }) =>
      prefixes.map((prefix) => ({ prefix, service: workload.service, workload: workload.id })),
    )
    .toSorted((a, b) => b.prefix.length - a.prefix.length || (a.prefix < b.prefix ? -1 : 1));
  const absence = generation === null ? "empty" : routes.length === 0 ? "no-routes" : null;
  return { ...scope, version, routes, absence };
}

/** So often an instance that was ready before may end within a minute, until it is told rather than waited for: its pauses grow. */
const endsUntilTold = 4;
const healthyAfterMs = 60_000;

function makeRoutedWorkload(
  { scope, observed, draining, faults }: RoutesInput,
  { workload: { id, service }, scale }: GenerationService,
  isLive: boolean,
): RoutedWorkload {
  const workload = observed.get(id);
  const all = workload?.instances ?? [];
  const instances = all
    .filter(({ state, endpoint }) => state === "ready" && endpoint !== null)
    .map((instance) => ({ id: instance.id, endpoint: instance.endpoint!, draining: draining.has(instance.id) }));
  const fault = faults.get(id);
  const base = {
    id,
    ...scope,
    service,
    instances,
    hint: fault?.hint ?? null,
    concurrency: scale.concurrency ?? null,
    ...(scale.wake !== undefined && { wake: scale.wake }),
    ...(isLive && scale.min === 0 && { sleeps: true }),
  };
  if (instances.some((instance) => !instance.draining)) return { ...base, state: "running", reason: null };
  if (fault !== undefined) return { ...base, state: fault.isPassing ? "starting" : "failed", reason: fault.message };
  if (workload === undefined || workload.replicas === 0 || all.every((instance) => draining.has(instance.id)))
    return { ...base, state: "asleep", reason: null };
  const ended = all.find(({ state }) => state === "exited");
  const comes = all.find((instance) => instance.state === "starting" || isBackSoon(instance));
  if (comes === undefined && ended !== undefined) return { ...base, state: "failed", reason: ended.reason };
  return { ...base, state: "starting", reason: comes?.state === "starting" ? comes.reason : null };
}

/** Whether an instance that ended was ready before, and is started again after a short pause. */
function isBackSoon({ state, readyAt, lastExit, restarts }: ObservedInstance): boolean {
  if (state !== "exited" || readyAt === null) return false;
  // How it ended is told a little later.
  const wasHealthy = lastExit === null || lastExit.at < readyAt || lastExit.at - readyAt >= healthyAfterMs;
  return wasHealthy || restarts < endsUntilTold;
}
