import { describe, expect, it, test } from "vitest";
import type { ReleasedService, Snapshot } from "./release.ts";
import { makeSnapshot, overrideScale } from "./overrides.ts";
import { changeScales } from "./scale.ts";
import type { Scale } from "./service.ts";

const idleMs = 300_000;
const metric = { command: { argv: ["true"] }, target: 1, everyMs: 15_000 };

describe("an override", () => {
  it("has what takes no requests follow its use of processors", () => {
    const declared = { min: 1, max: 1, idleMs };
    expect(overrideScale(declared, { max: 5 }, false)).toEqual({ min: 1, max: 5, idleMs, cpuPercent: 80 });
    expect(overrideScale(declared, { min: 0, max: 5 }, false)).toEqual({ min: 0, max: 5, idleMs });
  });

  it.each<[declared: Partial<Scale>, override: { min?: number; max?: number }, expected: Partial<Scale>]>([
    [{}, { min: 3, max: 3 }, { min: 3, max: 3 }],
    [{}, { min: 3 }, { min: 3, max: 3 }],
    [{}, { max: 5 }, { min: 1, max: 5, target: 70 }],
    [{ min: 2, max: 8, target: 70 }, { min: 4 }, { min: 4, max: 8, target: 70 }],
    [{ min: 4, max: 8 }, { max: 2 }, { min: 2, max: 2 }],
    [
      { min: 0, max: 8, target: 70 },
      { min: 2, max: 2 },
      { min: 2, max: 2 },
    ],
    [{ max: 8, cpuPercent: 70 }, { min: 2 }, { min: 2, max: 8, cpuPercent: 70 }],
    [
      { max: 8, cpuPercent: 70 },
      { min: 3, max: 3 },
      { min: 3, max: 3 },
    ],
    [{ max: 8, concurrency: 80 }, { min: 0 }, { min: 0, max: 8, concurrency: 80 }],
    [{ max: 8, metric }, { min: 0 }, { min: 0, max: 8, metric }],
    [
      { min: 0, max: 8, metric },
      { min: 3, max: 3 },
      { min: 3, max: 3 },
    ],
    [
      { max: 8, concurrency: 80 },
      { min: 3, max: 3 },
      { min: 3, max: 3, concurrency: 80 },
    ],
    [
      { max: 8, cpuPercent: 70 },
      { min: 0, max: 0 },
      { min: 0, max: 0 },
    ],
  ])("on %j of %j is %j", (declared, override, expected) => {
    expect(overrideScale({ min: 1, max: 1, idleMs, ...declared }, override, true)).toEqual({ idleMs, ...expected });
  });
});

function service(name: string, scale: Partial<Scale> = {}): ReleasedService {
  return {
    image: "sha256:0",
    spec: {
      name,
      source: ".",
      command: { argv: ["true"] },
      routes: [],
      listens: true,
      health: { path: "/", timeoutMs: 1_000 },
      scale: { min: 1, max: 1, idleMs, ...scale },
      resources: { cpuMillis: 1, memoryBytes: 1 },
      env: {},
      stopGraceMs: 1_000,
    },
  };
}

const change = (services: Parameters<typeof changeScales>[1]["services"], reset = false) => ({ services, reset });
const scalesOf = ({ services }: Snapshot) =>
  Object.fromEntries(services.map(({ spec }) => [spec.name, [spec.scale.min, spec.scale.max]]));

describe("changing overrides", () => {
  const plain: Snapshot = { services: [service("web"), service("worker")] };
  const scaled = changeScales(plain, change({ web: { min: 3, max: 3 } }));

  test("keeps what berth.yaml has beside what holds", () => {
    expect(scaled).toMatchObject({ scales: { web: { min: 3, max: 3 } } });
    expect(scalesOf(scaled)).toEqual({ web: [3, 3], worker: [1, 1] });
    expect(scaled.services.map(({ declaredScale }) => declaredScale?.min)).toEqual([1, undefined]);
  });

  test("lays one over the other, and leaves those of other services", () => {
    const next = changeScales(scaled, change({ web: { min: 1 }, worker: { min: 2, max: 2 } }));
    expect(scalesOf(next)).toEqual({ web: [1, 3], worker: [2, 2] });
    expect(scalesOf(changeScales(next, change({ web: null })))).toEqual({ web: [1, 1], worker: [2, 2] });
  });

  test("takes all of them back", () => {
    expect(changeScales(scaled, change({}, true))).toEqual(plain);
    expect(scalesOf(changeScales(scaled, change({ worker: { min: 2 } }, true)))).toEqual({
      web: [1, 1],
      worker: [2, 2],
    });
  });

  test("lays them over what another release declares, and keeps those of services that it has not", () => {
    const scales = { ...scaled.scales, worker: { min: 5 } };
    const next = makeSnapshot({ services: [service("web", { min: 2, max: 8 }), service("api")] }, { scales });
    expect(scalesOf(next)).toEqual({ web: [3, 3], api: [1, 1] });
    expect(scalesOf(changeScales(next, change({ worker: null, web: null })))).toEqual({ web: [2, 8], api: [1, 1] });
    expect(changeScales(next, change({ worker: null })).scales).toEqual(scaled.scales);
  });

  test.each<[asked: Parameters<typeof changeScales>[1]["services"], code: string, message: string]>([
    [{ wep: { min: 1 } }, "not-found", 'What is live has no service "wep".'],
    [{ wep: null }, "not-found", 'What is live has no service "wep".'],
    [{ worker: { min: 3, max: 1 } }, "input.invalid", "worker cannot have at least 3 and at most 1 instances."],
    [{ web: { max: 2 } }, "input.invalid", "web cannot have at least 3 and at most 2 instances."],
  ])("refuses %j", (asked, code, message) => {
    expect(() => changeScales(scaled, change(asked))).toThrow(expect.objectContaining({ code, message }));
  });

  test("lets nothing sleep that is scaled by use of processors, but stops it", () => {
    const byLoad: Snapshot = { services: [service("web", { max: 5, cpuPercent: 70 })] };
    expect(() => changeScales(byLoad, change({ web: { min: 0 } }))).toThrow(/cannot sleep/);
    expect(scalesOf(changeScales(byLoad, change({ web: { min: 0, max: 0 } })))).toEqual({ web: [0, 0] });
  });
});
