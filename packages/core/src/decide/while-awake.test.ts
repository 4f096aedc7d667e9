import { expect, test } from "vitest";
import { type GenerationService, nothingDesired } from "./desired.ts";
import { wantedReplicas } from "./replicas.ts";

const now = 1_000_000;
const idleMs = 60_000;

function service(name: string, scale: GenerationService["scale"]): GenerationService {
  const listens = name === "web" || name === "api";
  return {
    routes: listens ? [`/${name}`] : [],
    scale,
    workload: {
      id: name,
      app: "shop",
      environment: "feature",
      service: name,
      kind: "service",
      image: "sha256:0",
      command: { argv: ["true"] },
      env: {},
      resources: { cpuMillis: 100, memoryBytes: 1 },
      health: listens ? { path: "/", timeoutMs: 10_000 } : null,
      stopGraceMs: 1_000,
    },
  };
}

function wanted(services: GenerationService[], requestAgoMs: number) {
  const load = { inFlight: 0, lastRequestAt: now - requestAgoMs, instances: new Map(), counters: [] };
  const observed = {
    workloads: new Map(),
    tasks: new Map(),
    load: new Map([["web", load]]),
    loadSince: 0,
    scalesByLoad: false,
  };
  const desired = { ...nothingDesired, live: { version: 1, liveAt: 0, services } };
  return Object.fromEntries(wantedReplicas(desired, observed, now).replicas);
}

const web = service("web", { min: 0, max: 1, idleMs });
const api = service("api", { min: 0, max: 1, idleMs });
const worker = service("worker", { min: 1, max: 1, idleMs, whileAwake: true });

test("a worker of a preview runs while any service that takes requests is awake, wherever it stands", () => {
  expect(wanted([worker, web, api], 1_000)).toEqual({ web: 1, api: 0, worker: 1 });
  expect(wanted([web, api, worker], idleMs)).toEqual({ web: 0, api: 0, worker: 0 });
});

test("a worker beside one that never sleeps, or alone, runs all the time", () => {
  expect(wanted([{ ...web, scale: { ...web.scale, min: 1 } }, worker], idleMs)).toEqual({ web: 1, worker: 1 });
  expect(wanted([worker], idleMs)).toEqual({ worker: 1 });
});
