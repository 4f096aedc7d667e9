import { describe, expect, it } from "vitest";
import { adoptChanges, forgetAdopted, withoutRedundant } from "./adopt.ts";
import { parseBerthYaml } from "./berth-yaml/parse.ts";
import { makeSnapshot } from "./overrides.ts";
import { berthYamlPatch, overrideTexts } from "./overrides-text.ts";
import type { ReleasedService, Snapshot } from "./release.ts";
import type { ServiceSpec } from "./service.ts";

const mi = 2 ** 20;

function service(name: string, changes: Partial<ServiceSpec> = {}): ReleasedService {
  return {
    image: "sha256:0",
    spec: {
      name,
      source: ".",
      command: { argv: ["node", "server.js"] },
      routes: [],
      listens: true,
      health: { path: "/", timeoutMs: 1_000 },
      scale: { min: 1, max: 1, idleMs: 1 },
      resources: { cpuMillis: 250, memoryBytes: 512 * mi },
      env: { LEVEL: "info", REGION: "eu" },
      stopGraceMs: 1_000,
      ...changes,
    },
  };
}

const plain: Snapshot = { services: [service("web"), service("worker")] };
const changed = adoptChanges(plain, [
  { service: "web", change: { kind: "variables", env: { DEBUG: "1", LEVEL: "debug", REGION: null } } },
  { service: "web", change: { kind: "resources", memoryBytes: 256 * mi } },
  { service: "web", change: { kind: "command", command: { argv: ["node", "other file.js"] } } },
  { service: "web", change: { kind: "health", path: "/healthz" } },
  { service: "worker", change: { kind: "instances", count: 3 } },
]);

describe("what was changed by hand and is adopted", () => {
  it("is on top of berth.yaml, which is kept beside it", () => {
    const [web, worker] = changed.services;
    expect(web?.spec).toMatchObject({
      env: { DEBUG: "1", LEVEL: "debug" },
      resources: { cpuMillis: 250, memoryBytes: 256 * mi },
      command: { argv: ["node", "other file.js"] },
      health: { path: "/healthz", timeoutMs: 1_000 },
    });
    expect(web?.spec.env).not.toHaveProperty("REGION");
    expect(web?.declared).toEqual({
      env: { DEBUG: null, LEVEL: "info", REGION: "eu" },
      resources: { memoryBytes: 512 * mi },
      command: { argv: ["node", "server.js"] },
      healthPath: "/",
    });
    expect(worker).toMatchObject({ spec: { scale: { min: 3, max: 3 } }, declaredScale: { min: 1, max: 1 } });
    expect(changed.scales).toEqual({ worker: { min: 3, max: 3 } });
  });

  it("is forgotten on request, and the scale stays", () => {
    const forgotten = forgetAdopted(changed);
    expect(forgotten.services[0]).toEqual(plain.services[0]);
    expect(forgotten.adopted).toBeUndefined();
    expect(forgotten.scales).toEqual(changed.scales);
  });

  it("adds to what was adopted before, later changes winning", () => {
    const more = adoptChanges(changed, [
      { service: "web", change: { kind: "variables", env: { DEBUG: "2" } } },
      { service: "web", change: { kind: "resources", cpuMillis: 500 } },
    ]);
    expect(more.adopted?.["web"]).toMatchObject({
      env: { DEBUG: "2", LEVEL: "debug", REGION: null },
      resources: { cpuMillis: 500, memoryBytes: 256 * mi },
    });
    expect(more.services[0]?.declared?.env?.["DEBUG"]).toBeNull();
  });

  it("is the least of what has a range", () => {
    const ranged: Snapshot = { services: [service("web", { scale: { min: 1, max: 5, idleMs: 1 } })] };
    const to = (count: number) =>
      adoptChanges(ranged, [{ service: "web", change: { kind: "instances", count } }]).scales?.["web"];
    expect([to(3), to(9), to(0)]).toEqual([
      { min: 3, max: 5 },
      { min: 9, max: 9 },
      { min: 0, max: 0 },
    ]);
  });

  it("goes away, thing by thing, when berth.yaml says the same", () => {
    const later = [
      service("web", { env: { LEVEL: "debug", REGION: "eu" }, health: { path: "/healthz", timeoutMs: 1 } }),
    ];
    const { adopted, redundant } = withoutRedundant(later, changed.adopted);
    expect(redundant).toEqual({ web: { env: { LEVEL: "debug" }, healthPath: "/healthz" } });
    expect(adopted["web"]).toMatchObject({ env: { DEBUG: "1", REGION: null }, resources: { memoryBytes: 256 * mi } });
    expect(adopted["web"]).not.toHaveProperty("healthPath");
    expect(withoutRedundant([], changed.adopted)).toEqual({ adopted: changed.adopted, redundant: {} });
    const all = withoutRedundant([changed.services[0]!], changed.adopted);
    expect(all).toEqual({ adopted: {}, redundant: changed.adopted });
    expect(makeSnapshot({ services: later }, { adopted: all.adopted })).toEqual({ services: later });
  });
});

describe("overrides in words", () => {
  it("name each thing, and no value of a variable", () => {
    expect(overrideTexts(changed.adopted!["web"]!)).toEqual([
      "env DEBUG",
      "env LEVEL",
      "no env REGION",
      "memory 256Mi",
      'command node "other file.js"',
      "health.path /healthz",
    ]);
  });

  it("are a piece of berth.yaml that says the same", () => {
    const patch = berthYamlPatch(changed);
    expect(patch).toContain("    # env: take out REGION");
    expect(parseBerthYaml(patch)).toMatchObject({
      services: {
        web: {
          command: 'node "other file.js"',
          health: { path: "/healthz" },
          resources: { memory: 256 * mi },
          env: { DEBUG: "1", LEVEL: "debug" },
        },
        worker: { scale: { min: 3, max: 3 } },
      },
    });
    expect(berthYamlPatch({})).toBe("");
  });
});
