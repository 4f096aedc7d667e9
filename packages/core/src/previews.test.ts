import { expect, test } from "vitest";
import { asPreview, defaultPreviews } from "./previews.ts";
import type { ServiceSpec } from "./service.ts";

const spec: ServiceSpec = {
  name: "web",
  source: ".",
  command: { argv: ["true"] },
  routes: ["/"],
  listens: true,
  health: { path: "/", timeoutMs: 1 },
  scale: { min: 2, max: 8, idleMs: 300_000, concurrency: 80 },
  resources: { cpuMillis: 1, memoryBytes: 1 },
  env: { LOG_LEVEL: "info", GREETING: "hello" },
  stopGraceMs: 1,
};

test("what takes requests sleeps in a preview, with the bounds above as they are", () => {
  expect(asPreview(spec, defaultPreviews).scale).toEqual({ ...spec.scale, min: 0 });
});

test("what sleeps is not scaled by a load that it has not", () => {
  const byLoad = { ...spec, scale: { min: 2, max: 8, idleMs: 1, cpuPercent: 70 } };
  expect(asPreview(byLoad, defaultPreviews).scale).toEqual({ min: 0, max: 8, idleMs: 1 });
});

test("a worker runs once, while others are awake; one that has no instances has none", () => {
  const worker = { ...spec, listens: false, routes: [], scale: { min: 5, max: 9, idleMs: 1 } };
  expect(asPreview(worker, defaultPreviews).scale).toEqual({ min: 1, max: 1, idleMs: 1, whileAwake: true });
  const none = { ...worker, scale: { min: 0, max: 0, idleMs: 1 } };
  expect(asPreview(none, defaultPreviews).scale).toMatchObject({ min: 0, max: 0 });
});

test("a worker runs once in a preview without being asked how much waits, also where it may have none", () => {
  const metric = { command: { argv: ["true"] }, target: 1, everyMs: 1 };
  const worker = { ...spec, listens: false, routes: [], scale: { min: 0, max: 9, idleMs: 1, metric } };
  expect(asPreview(worker, defaultPreviews).scale).toEqual({ min: 1, max: 1, idleMs: 1, whileAwake: true });
  expect(asPreview(worker, { ...defaultPreviews, sleep: false }).scale).toEqual(worker.scale);
});

test("previews that are not to sleep are as berth.yaml has its services, with variables of their own", () => {
  const rules = { ...defaultPreviews, sleep: false, env: { LOG_LEVEL: "debug" } };
  expect(asPreview(spec, rules)).toEqual({ ...spec, env: { LOG_LEVEL: "debug", GREETING: "hello" } });
});
