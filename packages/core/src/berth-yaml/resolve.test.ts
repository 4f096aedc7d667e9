import { expect, test } from "vitest";
import type { BuildPlan } from "../plan.ts";
import type { ServiceYaml } from "./schema.ts";
import { checkRoutes, foldersInside, resolveService, type ServiceToResolve } from "./resolve.ts";

const plan: BuildPlan = {
  stack: "node",
  findings: [],
  base: { image: "docker.io/library/node:24-slim", digest: null },
  buildImage: null,
  dockerfile: null,
  tools: { node: "24" },
  steps: [],
  contents: { dependencies: [], app: "all", support: [] },
  command: { argv: ["node", "server.js"] },
  env: { NODE_ENV: "production", TZ: "UTC" },
  programs: [],
  writable: [],
};

function resolve(yaml: ServiceYaml, more: Partial<ServiceToResolve> = {}) {
  const planned = { ok: true as const, plan, processes: { worker: { argv: ["node", "worker.js"] } } };
  return resolveService({ name: "api", yaml, planned, env: {}, isOnly: false, ...more });
}

test("fills in every default", () => {
  expect(resolve({}, { name: "web", isOnly: true })).toEqual({
    name: "web",
    source: ".",
    command: { argv: ["node", "server.js"] },
    routes: ["/"],
    listens: true,
    health: { path: "/", timeoutMs: 30_000 },
    scale: { min: 1, max: 1, idleMs: 300_000 },
    resources: { cpuMillis: 250, memoryBytes: 512 * 2 ** 20 },
    env: { NODE_ENV: "production", TZ: "UTC" },
    stopGraceMs: 10_000,
  });
});

test.each([
  ["the only service", {}, { isOnly: true }, ["/"], true],
  ["the one called web", {}, { name: "web" }, ["/"], true],
  ["another one", {}, {}, [], false],
  ["one without routes but with a health check", { health: {} }, {}, [], true],
  ["the only one, with no routes on purpose", { routes: [] }, { isOnly: true }, [], false],
  ["one with routes of its own, longest first", { routes: ["/b", "/api/v1", "/a"] }, {}, ["/api/v1", "/a", "/b"], true],
] as const)("routes of %s", (_, yaml, more, routes, listens) => {
  expect(resolve(structuredClone<ServiceYaml>(yaml as ServiceYaml), more)).toMatchObject({ routes, listens });
});

const unsaid = {
  min: undefined,
  max: undefined,
  idleMs: undefined,
  concurrency: undefined,
  cpuPercent: undefined,
  metric: undefined,
  wake: undefined,
};

test.each([
  [undefined, 1, 1],
  [{ min: 0, max: undefined }, 0, 1],
  [{ min: 3, max: undefined }, 3, 3],
  [{ min: undefined, max: 5 }, 1, 5],
  [{ min: undefined, max: 0 }, 0, 0],
  [{ min: 2, max: 4 }, 2, 4],
])("a scale of %j is %d to %d", (scale, min, max) => {
  const yaml = scale === undefined ? {} : { scale: { ...unsaid, ...scale } };
  expect(resolve(yaml).scale).toMatchObject({ min, max, idleMs: 300_000 });
});

test.each([
  [{ min: undefined, max: undefined }, 1, 10],
  [{ min: 2, max: undefined }, 2, 10],
  [{ min: 12, max: undefined }, 12, 12],
  [{ min: undefined, max: 3 }, 1, 3],
])("a scale of %j by load is %d to %d", (scale, min, max) => {
  for (const by of [{ cpuPercent: 70 }, { concurrency: 80 }]) {
    const yaml = { routes: ["/"], scale: { ...unsaid, ...scale, ...by } };
    expect(resolve(yaml).scale).toEqual({ min, max, idleMs: 300_000, ...by });
  }
});

test("what may have more instances, and does not say by what, follows its requests, or its use of processors where it has none", () => {
  const scaleOf = (min: number, max: number, routes: string[]) =>
    resolve({ routes, scale: { ...unsaid, min, max } }, { name: "worker" }).scale;
  expect(scaleOf(1, 5, ["/"])).toEqual({ min: 1, max: 5, idleMs: 300_000, target: 70 });
  expect(scaleOf(0, 5, ["/"])).toEqual({ min: 0, max: 5, idleMs: 300_000, target: 70 });
  expect(scaleOf(1, 5, [])).toEqual({ min: 1, max: 5, idleMs: 300_000, cpuPercent: 80 });
  for (const [min, max] of [
    [2, 2],
    [0, 1],
  ] as const)
    expect(scaleOf(min, max, ["/"])).toEqual({ min, max, idleMs: 300_000 });
  expect(() => scaleOf(0, 5, [])).toThrow(/worker.scale.min: expected at least 1 beside scale.max 5/);
});

test("what takes no requests is not scaled by them", () => {
  const scale = { ...unsaid, min: 1, max: 3, concurrency: 80 };
  expect(() => resolve({ routes: [], scale })).toThrow(/scale.concurrency: expected a service that takes requests/);
  expect(resolve({ routes: [], health: {}, scale }).scale.concurrency).toBe(80);
});

test("a worker follows what waits for it, also down to none, and what takes requests does not", () => {
  const metric = { command: "node length.js | tail -n1", target: 100, every: undefined };
  const told = { command: { shell: "node length.js | tail -n1" }, target: 100, everyMs: 15_000 };
  expect(resolve({ routes: [], scale: { ...unsaid, metric } }).scale).toEqual({
    min: 1,
    max: 10,
    idleMs: 300_000,
    metric: told,
  });
  const scale = { ...unsaid, min: 0, max: 40, metric: { ...metric, every: 60_000 } };
  expect(resolve({ routes: [], scale }).scale).toMatchObject({ min: 0, max: 40, metric: { everyMs: 60_000 } });
  expect(() => resolve({ routes: ["/"], scale })).toThrow(/scale.metric: expected a service that takes no requests/);
});

test("its own variables win over the app's, and those over the stack's", () => {
  const spec = resolve({ env: { LEVEL: "debug" } }, { env: { LEVEL: "info", TZ: "CET" } });
  expect(spec.env).toEqual({ NODE_ENV: "production", TZ: "CET", LEVEL: "debug" });
});

test("its command is berth.yaml's, then the process type's of its name, then the plan's", () => {
  expect(resolve({ command: "node a.js && true" }, { name: "worker" }).command).toEqual({ shell: "node a.js && true" });
  expect(resolve({}, { name: "worker" }).command).toEqual({ argv: ["node", "worker.js"] });
  expect(resolve({}).command).toEqual({ argv: ["node", "server.js"] });
});

test("two services cannot have the same route", () => {
  const services = [
    { name: "web", routes: ["/"] },
    { name: "api", routes: ["/api", "/"] },
  ];
  expect(() => checkRoutes(services)).toThrow(
    "services.api.routes: expected a route of its own, but / is services.web's",
  );
  expect(() => checkRoutes([{ name: "web", routes: ["/", "/"] }])).toThrow("/ is there twice");
  expect(() =>
    checkRoutes([
      { name: "web", routes: ["/"] },
      { name: "api", routes: ["/api"] },
    ]),
  ).not.toThrow();
});

test.each([
  [".", [".", "api", "web", "api"], ["api", "web"]],
  ["apps", [".", "apps/web", "apps-old", "apps"], ["apps/web"]],
  ["apps/web", [".", "apps", "apps/web"], []],
])("inside %s of %j are %j", (source, sources, inside) => {
  expect(foldersInside(source, sources)).toEqual(inside);
});
