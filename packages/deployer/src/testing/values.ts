import {
  type DesiredEnvironment,
  type Generation,
  type GenerationService,
  nothingDesired,
  type ObservedInstance,
  type ObservedWorkload,
} from "@berth/core";

export const scope = { app: "shop", environment: "production" };

/** A service whose workload has this id; without routes it is a worker. */
export function makeService(name: string, id: string, routes: readonly string[] = ["/"]): GenerationService {
  return {
    routes,
    scale: { min: 1, max: 1, idleMs: 60_000 },
    workload: {
      ...scope,
      id,
      service: name,
      kind: "service",
      image: "sha256:0",
      command: { argv: ["true"] },
      env: {},
      resources: { cpuMillis: 100, memoryBytes: 2 ** 20 },
      health: routes.length > 0 ? { path: "/", timeoutMs: 10_000 } : null,
      stopGraceMs: 1_000,
    },
  };
}

export function makeGeneration(version: number, ...services: GenerationService[]): Generation {
  return { version, liveAt: 1, services };
}

export function makeDesired(parts: Partial<DesiredEnvironment>): DesiredEnvironment {
  return { ...nothingDesired, ...parts };
}

export function makeInstance(id: string, parts: Partial<ObservedInstance> = {}): ObservedInstance {
  return {
    id,
    workload: "",
    state: "ready",
    startedAt: 1_000,
    readyAt: 1_250,
    restarts: 0,
    lastExit: null,
    elsewhereSince: null,
    endpoint: { host: "127.0.0.1", port: 20_000 },
    memoryBytes: null,
    reason: null,
    givenUpAt: null,
    ...parts,
  };
}

/** What a runtime reports of these workloads, by their ids. */
export function observe(workloads: Record<string, readonly ObservedInstance[]>): Map<string, ObservedWorkload> {
  return new Map(
    Object.entries(workloads).map(([id, instances]) => [
      id,
      { ...scope, id, service: "web", replicas: instances.length, instances, refusal: null, isWhole: true },
    ]),
  );
}
