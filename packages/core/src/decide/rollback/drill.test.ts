import { describe, expect, it } from "vitest";
import type { ProbeAnswer } from "../../drill.ts";
import type { ObservedInstance, ObservedWorkload } from "../../runtime.ts";
import type { GenerationService } from "../desired.ts";
import type { Observed } from "../replicas.ts";
import { chooseDrilled, isWorse, judgeDrill, judgeStarts, planProbes } from "./drill.ts";

const place = { app: "shop", environment: "production" };

/** A service; without routes it is a worker, unless it has a path for its health check. */
function service(name: string, routes: readonly string[] = [], more: { health?: string; cron?: true } = {}) {
  const listens = routes.length > 0 || more.health !== undefined;
  const made: GenerationService = {
    routes,
    scale: { min: 2, max: 2, idleMs: 60_000 },
    workload: {
      ...place,
      id: `${name}1`,
      service: name,
      kind: more.cron === true ? "cron" : "service",
      image: "sha256:0",
      command: { argv: ["true"] },
      env: {},
      resources: { cpuMillis: 100, memoryBytes: 1 },
      health: listens ? { path: more.health ?? "/", timeoutMs: 10_000 } : null,
      stopGraceMs: 1_000,
    },
  };
  return made;
}

const names = (services: readonly (GenerationService | null)[]) =>
  services.map((each) => each?.workload.service ?? null);
const answer = (status: number | null, failure: string | null = null): ProbeAnswer => ({
  status,
  durationMs: 1,
  bytes: 2,
  failure,
});

describe("what a drill starts", () => {
  const services = [service("web", ["/"]), service("worker"), service("nightly", [], { cron: true })];

  it("is what takes requests; workers only where that is asked for, and what has a schedule never", () => {
    const { started, leftOut } = chooseDrilled(services, null, { workers: false });
    expect(names(started)).toEqual(["web"]);
    expect(leftOut.map(({ service: name, reason }) => [name, reason])).toEqual([
      ["worker", "it would take work from the live one (--workers starts it all the same)"],
      ["nightly", "it runs at its times, and a drill runs it at none"],
    ]);
    expect(names(chooseDrilled(services, null, { workers: true }).started)).toEqual(["web", "worker"]);
  });

  it("is no worker that is the same in what is live", () => {
    const live = { version: 2, liveAt: 1, services };
    expect(names(chooseDrilled(services, live, { workers: true }).started)).toEqual(["web"]);
  });
});

describe("what a drill asks", () => {
  const web = service("web", ["/"], { health: "/healthz" });
  const api = service("api", ["/api"]);

  it("is each health check, beside the live service of that name, and each path where its routes lead", () => {
    const live = [service("site", ["/"]), service("api", ["/api", "/login"])];
    const probes = planProbes([web, api], live, ["/login?next=%2F", "/api/items", "/apis", "/login?next=%2F"]);
    expect(probes.map(({ path, drilled, live: other }) => [path, ...names([drilled, other])])).toEqual([
      ["/healthz", "web", null],
      ["/", "api", "api"],
      ["/login?next=%2F", "web", "api"],
      ["/api/items", "api", "api"],
      ["/apis", "web", "site"],
    ]);
  });

  it("asks once for a path that is both, and tells what nobody takes", () => {
    const probes = planProbes([api], [web], ["/api", "/elsewhere"]);
    expect(probes.map(({ path, drilled, live }) => [path, ...names([drilled, live])])).toEqual([
      ["/", "api", null],
      ["/api", "api", "web"],
      ["/elsewhere", null, "web"],
    ]);
    expect(planProbes([web], [], ["/healthz"])).toHaveLength(1);
  });
});

describe("an answer", () => {
  it.each([
    [200, 200, false],
    [302, 200, false],
    [200, 302, false],
    [404, 200, true],
    [500, 404, true],
    [404, 401, false],
    [503, 500, false],
    [200, 500, false],
    [null, 500, true],
    [null, null, false],
  ])("of %s where what is live says %s is worse: %s", (drilled, live, worse) => {
    expect(isWorse(answer(drilled), answer(live))).toBe(worse);
  });

  it("that breaks off is none", () => {
    expect(isWorse(answer(200, "it broke off its answer"), answer(200))).toBe(true);
  });

  it("with nothing live beside it is bad where a health check would refuse it", () => {
    expect([200, 404, 500, null].map((status) => isWorse(answer(status), null))).toEqual([false, false, true, true]);
  });
});

it("passes where all came up and nothing is worse", () => {
  const web = { service: "web", state: "started", readyMs: 1, reason: null } as const;
  const worker = { ...web, service: "worker", state: "left-out" } as const;
  const probe = { service: "web", path: "/", drilled: answer(200), live: null, isWorse: false };
  expect(judgeDrill([web, worker], [probe])).toBe("passed");
  expect(judgeDrill([web, worker], [probe, { ...probe, isWorse: true }])).toBe("failed");
  expect(judgeDrill([{ ...web, state: "failed" }], [probe])).toBe("failed");
});

describe("a service that is started", () => {
  const now = 10_000;
  const instance: ObservedInstance = {
    id: "web-1",
    workload: "web1",
    state: "starting",
    startedAt: 9_000,
    readyAt: null,
    restarts: 0,
    lastExit: null,
    endpoint: null,
    memoryBytes: null,
    reason: null,
    elsewhereSince: null,
    givenUpAt: null,
  };
  const observe = (parts: Partial<ObservedInstance> | null, more: Partial<Observed> = {}): Observed => {
    const instances = parts === null ? [] : [{ ...instance, ...parts }];
    const web: ObservedWorkload = {
      ...place,
      id: "web1",
      service: "web",
      replicas: 1,
      instances,
      refusal: null,
      isWhole: true,
    };
    return {
      workloads: new Map([["web1", web]]),
      tasks: new Map(),
      load: new Map(),
      loadSince: 0,
      scalesByLoad: false,
      ...more,
    };
  };
  const judge = (observed: Observed) => {
    const { starts, lookAgainAt } = judgeStarts([service("web", ["/"])], observed, now);
    return [starts[0]!.state, starts[0]!.reason, lookAgainAt];
  };

  it("is ready with one instance, whatever its scale", () => {
    expect(judge(observe({ state: "ready", readyAt: 9_500 }))).toEqual(["ready", null, null]);
  });

  it("has as long as its health check gives it", () => {
    expect(judge(observe({}))).toEqual(["starting", null, 19_000]);
    expect(judge(observe({ startedAt: 0 }))).toEqual(["failed", "it was not ready within 10 s", null]);
  });

  it("has failed once it ended twice, and not before anything is seen", () => {
    const ended = { state: "exited", restarts: 1, reason: "it exited with code 1" } as const;
    expect(judge(observe(ended))).toEqual(["failed", "it exited with code 1", null]);
    expect(judge(observe(null))).toEqual(["starting", null, null]);
    expect(judge(observe(ended, { outdated: "The cluster does not answer." }))).toEqual([
      "starting",
      "it exited with code 1",
      11_000,
    ]);
  });
});
