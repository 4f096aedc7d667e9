import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ObservedInstance, ObservedWorkload } from "../runtime.ts";
import type { WorkloadLoad } from "../routing.ts";
import { decide, type Draining } from "./decide.ts";
import { type DesiredEnvironment, type Generation, type GenerationService, nothingDesired } from "./desired.ts";
import type { Observed } from "./replicas.ts";

const now = 1_000_000;

function service(
  id: string,
  options: { name?: string; worker?: boolean; min?: number; idleMs?: number } = {},
): GenerationService {
  const { name = "web", worker = false, min = 1, idleMs = 60_000 } = options;
  return {
    routes: worker ? [] : ["/"],
    scale: { min, max: Math.max(1, min), idleMs },
    workload: {
      id,
      app: "shop",
      environment: "production",
      service: name,
      kind: "service",
      image: "sha256:0",
      command: { argv: ["true"] },
      env: {},
      resources: { cpuMillis: 100, memoryBytes: 1 },
      health: worker ? null : { path: "/", timeoutMs: 10_000 },
      stopGraceMs: 1000,
    },
  };
}

function generation(version: number, ...services: GenerationService[]): Generation {
  return { version, liveAt: now - 500_000, services };
}

function desired(parts: Partial<DesiredEnvironment>): DesiredEnvironment {
  return { ...nothingDesired, ...parts };
}

function instance(
  id: string,
  state: ObservedInstance["state"] = "ready",
  parts: Partial<ObservedInstance> = {},
): ObservedInstance {
  return {
    id,
    workload: id.split("-")[0]!,
    state,
    startedAt: now - 1000,
    readyAt: null,
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

function running(id: string, ...instances: ObservedInstance[]): ObservedWorkload {
  const place = { app: "shop", environment: "production", service: "web" };
  return { id, ...place, replicas: instances.length, instances, refusal: null, isWhole: true };
}

function observed(workloads: ObservedWorkload[], load: [string, WorkloadLoad][] = []): Observed {
  return {
    workloads: new Map(workloads.map((workload) => [workload.id, workload])),
    tasks: new Map(),
    load: new Map(load),
    loadSince: now - 900_000,
    scalesByLoad: true,
  };
}

function actions(state: DesiredEnvironment, seen: Observed, draining: Draining = new Map()) {
  return decide(state, seen, draining, now).actions;
}

describe("decide", () => {
  it("starts what is live and does not run", () => {
    const web = service("a");
    expect(actions(desired({ live: generation(1, web) }), observed([]))).toEqual([
      { kind: "ensure", workload: web.workload },
      { kind: "scale", workload: "a", replicas: 1 },
    ]);
  });

  it("does nothing where everything is as it should be", () => {
    expect(actions(desired({ live: generation(1, service("a")) }), observed([running("a", instance("a-1"))]))).toEqual(
      [],
    );
  });

  describe("a release that differs by its variables alone", () => {
    const sleeper = (id: string, name = "web") => service(id, { name, min: 0 });
    const rollout = (...services: GenerationService[]) => ({ ...generation(2, ...services), wakesNothing: true });

    it("starts nothing of what sleeps, and goes live at once", () => {
      const state = desired({ live: generation(1, sleeper("a")), rollout: rollout(sleeper("b")) });
      const promote = [{ kind: "promote", version: 2 }];
      expect(actions(state, observed([]))).toEqual(promote);
      expect(actions(state, observed([running("a")]))).toEqual(promote);
      const live = desired({ live: { ...rollout(sleeper("b")), liveAt: now } });
      expect(actions({ ...live, retained: new Set(["a"]) }, observed([running("a")]))).toEqual([]);
    });

    it("starts what is awake, and stays so once live", () => {
      const state = desired({ live: { ...generation(1, sleeper("a")), liveAt: now }, rollout: rollout(sleeper("b")) });
      const seen = [running("a", instance("a-1"))];
      expect(actions(state, observed(seen)).map(({ kind }) => kind)).toEqual(["ensure", "scale"]);
      const live = desired({ live: { ...rollout(sleeper("b")), liveAt: now }, retained: new Set(["a"]) });
      expect(actions(live, observed([running("b", instance("b-1"))]))).toEqual([]);
    });

    it("starts what may not sleep, and what was not there", () => {
      const state = desired({
        live: generation(1, service("a"), sleeper("c", "api")),
        rollout: rollout(service("b"), sleeper("d", "api"), sleeper("e", "new")),
      });
      const started = actions(state, observed([running("a", instance("a-1"))])).flatMap((action) =>
        action.kind === "scale" ? [action.workload] : [],
      );
      expect(started).toEqual(["b", "e"]);
    });

    it("does not keep asleep what another release brings", () => {
      const state = desired({ live: generation(1, sleeper("a")), rollout: generation(2, sleeper("b")) });
      expect(actions(state, observed([])).map(({ kind }) => kind)).toEqual(["ensure", "scale"]);
    });
  });

  it("promotes a rollout when all its services are ready, and not before", () => {
    const state = desired({ live: generation(1, service("a")), rollout: generation(2, service("b")) });
    const starting = observed([running("a", instance("a-1")), running("b", instance("b-1", "starting"))]);
    expect(actions(state, starting)).toEqual([]);
    const ready = observed([running("a", instance("a-1")), running("b", instance("b-1"))]);
    expect(actions(state, ready)).toEqual([{ kind: "promote", version: 2 }]);
  });

  it("promotes at once where the rollout is what runs already", () => {
    const state = desired({ live: generation(1, service("a")), rollout: generation(2, service("a")) });
    expect(actions(state, observed([running("a", instance("a-1"))]))).toEqual([{ kind: "promote", version: 2 }]);
  });

  it("gives a rollout up after its second exit, with the reason", () => {
    const state = desired({ rollout: generation(2, service("b")) });
    const once = observed([running("b", instance("b-1", "exited", { reason: "it exited with code 1" }))]);
    expect(actions(state, once)).toEqual([]);
    const twice = observed([running("b", instance("b-1", "exited", { restarts: 1, reason: "it exited with code 1" }))]);
    expect(actions(state, twice)).toEqual([
      { kind: "fail", version: 2, service: "web", workload: "b", reason: "it exited with code 1" },
    ]);
  });

  it("gives a rollout up when it has not answered in its time, and looks again just then", () => {
    const state = desired({ rollout: generation(2, service("b")) });
    const slow = observed([running("b", instance("b-1", "starting"))]);
    expect(decide(state, slow, new Map(), now).lookAgainAt).toBe(now - 1000 + 10_000);
    expect(decide(state, slow, new Map(), now + 9_000).actions).toMatchObject([{ kind: "fail" }]);
  });

  it("gives nothing up while the runtime cannot tell what is so, nor right after", () => {
    const late = observed([running("b", instance("b-1", "starting", { startedAt: now - 60_000 }))]);
    const rollout = desired({ rollout: generation(2, service("b")) });
    const judge = (sight: Partial<Observed>) => decide(rollout, { ...late, ...sight }, new Map(), now);
    expect(judge({ outdated: "It does not answer." })).toMatchObject({ actions: [], lookAgainAt: now + 1_000 });
    expect(judge({ freshSince: now - 14_000 })).toMatchObject({ actions: [], lookAgainAt: now + 1_000 });
    expect(judge({ freshSince: now - 15_000 }).actions).toMatchObject([{ kind: "fail" }]);
  });

  it("waits for an instance whose program has not been started as long as its runtime says", () => {
    const pending = instance("b-1", "starting", { givenUpAt: now + 1, reason: "its image cannot be pulled" });
    const state = desired({ rollout: generation(2, service("b")) });
    expect(decide(state, observed([running("b", pending)]), new Map(), now)).toEqual({
      actions: [],
      unknown: [],
      lookAgainAt: now + 1,
    });
    expect(decide(state, observed([running("b", pending)]), new Map(), now + 1).actions).toMatchObject([
      { kind: "fail", version: 2, reason: "its image cannot be pulled" },
    ]);
  });

  it("gives a rollout up whose instances the runtime refuses to make, if it goes on to", () => {
    const refusal = { reason: "it needs more than the quota allows", at: now };
    const state = desired({ rollout: generation(2, service("b")) });
    const refused = observed([{ ...running("b"), replicas: 1, refusal }]);
    expect(decide(state, refused, new Map(), now)).toEqual({ actions: [], unknown: [], lookAgainAt: now + 5_000 });
    expect(decide(state, refused, new Map(), now + 5_000).actions).toMatchObject([
      { kind: "fail", version: 2, service: "web", reason: refusal.reason },
    ]);
  });

  it("ensures again what is not as it was made", () => {
    const state = desired({ live: generation(1, service("a")) });
    const changed = { ...running("a", instance("a-1")), isWhole: false };
    expect(decide(state, observed([changed]), new Map(), now).actions).toMatchObject([
      { kind: "ensure", workload: { id: "a" } },
    ]);
  });

  it("gives a rollout up sooner where an instance stays listening where it is not reached, unless it may take long", () => {
    const elsewhere = observed([running("b", instance("b-1", "starting", { elsewhereSince: now }))]);
    const at = (timeoutMs: number) => {
      const slow = service("b");
      const health = { path: "/", timeoutMs };
      const rollout = generation(2, { ...slow, workload: { ...slow.workload, health } });
      return decide(desired({ rollout }), elsewhere, new Map(), now).lookAgainAt;
    };
    expect([at(5_000), at(30_000), at(120_000)]).toEqual([now + 4_000, now + 10_000, now + 40_000]);
  });

  it("keeps one instance of an earlier release warm until its time is over", () => {
    const warm = { ...generation(1, service("a", { min: 3 })), until: now + 5 };
    const state = desired({ live: generation(2, service("b")), warm: [warm] });
    const seen = observed([running("b", instance("b-1")), running("a", instance("a-1"))]);
    expect(decide(state, seen, new Map(), now)).toEqual({ actions: [], unknown: [], lookAgainAt: now + 5 });
    const later = decide(state, seen, new Map([["a-1", now]]), now + 5);
    expect(later.actions.slice(1)).toEqual([{ kind: "scale", workload: "a", replicas: 0 }]);
  });

  describe("within a quota", () => {
    const kept = (version: number, id: string) => ({ ...generation(version, service(id)), until: now + 5 });
    const quota = { pods: 3, cpuMillis: 1_000, memoryBytes: 1_000 };
    const warm = [kept(2, "b"), kept(1, "a")];
    const live = generation(3, service("c"));
    const all = [running("a", instance("a-1")), running("b", instance("b-1")), running("c", instance("c-1"))];

    it("keeps warm what has room, the newest first", () => {
      expect(actions(desired({ live, warm }), { ...observed(all), quota })).toEqual([]);
      expect(actions(desired({ live, warm }), { ...observed(all), quota: { ...quota, cpuMillis: 250 } })).toEqual([
        { kind: "drain", workload: "a", instances: ["a-1"] },
      ]);
    });

    it("ends what is warm before a rollout starts that has no room beside it", () => {
      const state = desired({ live, warm, rollout: generation(4, service("d")) });
      const seen = { ...observed([...all, running("d")]), quota };
      expect(actions(state, seen)).toEqual([{ kind: "drain", workload: "a", instances: ["a-1"] }]);
      const stopping = [running("a", instance("a-1", "stopping")), ...all.slice(1), running("d")];
      expect(actions(state, { ...observed(stopping), quota })).not.toContainEqual(
        expect.objectContaining({ kind: "scale", workload: "d" }),
      );
      const left = [running("a"), ...all.slice(1), running("d")];
      expect(actions(state, { ...observed(left), quota })).toContainEqual({
        kind: "scale",
        workload: "d",
        replicas: 1,
      });
    });

    it("starts a rollout that has no room even so, which says why it does not come up", () => {
      const state = desired({ live, rollout: generation(4, service("d", { min: 5 })) });
      const seen = { ...observed([running("c", instance("c-1")), running("d")]), quota };
      expect(actions(state, seen)).toContainEqual({ kind: "scale", workload: "d", replicas: 5 });
    });
  });

  it("keeps warm what only its neighbours ask, and no worker: two generations of one would work at once", () => {
    const neighbour = { ...service("a", { name: "api" }), routes: [] };
    const warm = { ...generation(1, neighbour, service("w", { name: "worker", worker: true })), until: now + 5 };
    const state = desired({ live: generation(2, service("b")), warm: [warm] });
    const seen = observed([
      running("b", instance("b-1")),
      running("a", instance("a-1")),
      running("w", instance("w-1")),
    ]);
    expect(actions(state, seen)).toEqual([{ kind: "drain", workload: "w", instances: ["w-1"] }]);
  });

  it("goes back to what is warm by a flip, and starts the instances that it lacks in the same step", () => {
    const old = service("a", { min: 3 });
    const warm = { ...generation(1, old), until: now + 5 };
    const state = desired({ live: generation(2, service("b")), rollout: generation(3, old), warm: [warm] });
    const seen = observed([running("b", instance("b-1")), running("a", instance("a-1"))]);
    expect(actions(state, seen)).toEqual([
      { kind: "scale", workload: "a", replicas: 3 },
      { kind: "promote", version: 3 },
    ]);
    const crashed = observed([running("b", instance("b-1")), running("a", instance("a-1", "exited"))]);
    expect(actions(state, crashed)).toEqual([{ kind: "scale", workload: "a", replicas: 3 }]);
  });

  it("lets a worker start that takes the place of a service with routes, which goes on until then", () => {
    const web = service("a", { name: "side" });
    const worker = service("b", { name: "side", worker: true });
    const state = desired({ live: generation(1, web), rollout: generation(2, worker) });
    expect(actions(state, observed([running("a", instance("a-1"))]))).toEqual([
      { kind: "ensure", workload: worker.workload },
      { kind: "scale", workload: "b", replicas: 1 },
    ]);
    const both = observed([running("a", instance("a-1")), running("b", instance("b-1"))]);
    expect(actions(state, both)).toEqual([{ kind: "promote", version: 2 }]);
  });

  it("drains instances before it stops them", () => {
    const state = desired({ live: generation(2, service("b")), retained: new Set(["a"]) });
    const seen = observed(
      [running("b", instance("b-1")), running("a", instance("a-1"))],
      [["a", { inFlight: 1, lastRequestAt: now, instances: new Map([["a-1", 1]]), counters: [] }]],
    );
    const drain = { kind: "drain", workload: "a", instances: ["a-1"] };
    expect(actions(state, seen)).toEqual([drain]);
    expect(actions(state, seen, new Map([["a-1", now - 100]]))).toEqual([drain]);
    // It gets no requests while it is being stopped, either.
    expect(actions(state, seen, new Map([["a-1", now - 30_000]]))).toEqual([
      drain,
      { kind: "scale", workload: "a", replicas: 0 },
    ]);
  });

  it("forgets a stopped workload only when no kept release names it", () => {
    const stopped = observed([running("a")]);
    expect(actions(desired({ retained: new Set(["a"]) }), stopped)).toEqual([]);
    expect(actions(desired({ recorded: new Set(["a"]) }), stopped)).toEqual([{ kind: "remove", workload: "a" }]);
  });

  it("leaves alone what the store knows nothing of, and tells of it", () => {
    const seen = observed([running("a", instance("a-1")), { ...running("z", instance("z-1")), autoscale: "unknown" }]);
    const decision = decide(desired({ live: generation(1, service("a")) }), seen, new Map(), now);
    expect(decision).toEqual({ actions: [], unknown: ["z"], lookAgainAt: null });
  });

  it("runs exactly one generation of a worker: the old one ends when the rest is ready, then the new one starts", () => {
    const live = generation(1, service("a"), service("w", { name: "worker", worker: true }));
    const rollout = generation(2, service("b"), service("x", { name: "worker", worker: true }));
    const state = desired({ live, rollout });
    const worker = (id: string, ...instances: ObservedInstance[]) =>
      running(id, ...instances.map((each) => ({ ...each, endpoint: null })));
    const waiting = observed([
      running("a", instance("a-1")),
      running("b", instance("b-1", "starting")),
      worker("w", instance("w-1")),
    ]);
    expect(actions(state, waiting)).toEqual([]);
    const webReady = observed([
      running("a", instance("a-1")),
      running("b", instance("b-1")),
      worker("w", instance("w-1")),
    ]);
    expect(actions(state, webReady)).toEqual([{ kind: "scale", workload: "w", replicas: 0 }]);
    const ended = observed([running("a", instance("a-1")), running("b", instance("b-1")), worker("w")]);
    expect(actions(state, ended)).toMatchObject([{ kind: "ensure" }, { kind: "scale", workload: "x", replicas: 1 }]);
    const done = observed([
      running("a", instance("a-1")),
      running("b", instance("b-1")),
      worker("w"),
      worker("x", instance("x-1")),
    ]);
    expect(actions(state, done)).toEqual([{ kind: "promote", version: 2 }]);
  });

  it("lets a service with min 0 sleep when it was idle long enough, and wakes it when asked", () => {
    const live = generation(1, service("a", { min: 0, idleMs: 1000 }));
    expect(actions(desired({ live }), observed([]))).toEqual([]);
    expect(actions(desired({ live, woken: new Map([["a", now]]) }), observed([]))).toMatchObject([
      { kind: "ensure" },
      { kind: "scale", replicas: 1 },
    ]);
    const busy: [string, WorkloadLoad] = [
      "a",
      { inFlight: 1, lastRequestAt: now - 9000, instances: new Map([["a-1", 1]]), counters: [] },
    ];
    expect(actions(desired({ live }), observed([running("a", instance("a-1"))], [busy]))).toEqual([]);
    const idle: [string, WorkloadLoad] = [
      "a",
      { inFlight: 0, lastRequestAt: now - 1000, instances: new Map(), counters: [] },
    ];
    expect(actions(desired({ live }), observed([running("a", instance("a-1"))], [idle]))).toEqual([
      { kind: "drain", workload: "a", instances: ["a-1"] },
    ]);
  });

  it("keeps the oldest ready instances when there are too many", () => {
    const live = generation(1, service("a", { min: 1 }));
    const seen = observed([
      running(
        "a",
        instance("a-1", "ready", { startedAt: 5 }),
        instance("a-2", "ready", { startedAt: 9 }),
        instance("a-3", "starting"),
      ),
    ]);
    expect(actions(desired({ live }), seen)).toEqual([{ kind: "drain", workload: "a", instances: ["a-2", "a-3"] }]);
  });

  describe("a service that is scaled by load", () => {
    const byLoad = (id: string, parts: Partial<GenerationService["scale"]> = {}): GenerationService => ({
      ...service(id),
      scale: { min: 1, max: 5, idleMs: 60_000, cpuPercent: 70, ...parts },
    });
    const bounds = { min: 1, max: 5, idleMs: 60_000, cpuPercent: 70 };
    const ready = (id: string, count: number, autoscale: ObservedWorkload["autoscale"] = bounds): ObservedWorkload => ({
      ...running(id, ...Array.from({ length: count }, (_, index) => instance(`${id}-${index + 1}`))),
      autoscale,
    });

    it("is handed to the runtime once it is live, and its number left alone between the bounds", () => {
      const state = desired({ live: generation(1, byLoad("a")) });
      for (const before of [null, "unknown", { ...bounds, max: 4 }] as const)
        expect(actions(state, observed([ready("a", 1, before)]))).toEqual([
          { kind: "autoscale", workload: "a", to: bounds },
        ]);
      for (const count of [1, 3, 5]) expect(actions(state, observed([ready("a", count)]))).toEqual([]);
      expect(actions(state, observed([{ ...ready("a", 0), replicas: 0 }]))).toEqual([
        { kind: "scale", workload: "a", replicas: 1 },
      ]);
    });

    it("is not handed to a runtime that does not scale by load", () => {
      const state = desired({ live: generation(1, byLoad("a", { min: 2 })) });
      const seen = { ...observed([ready("a", 2, null)]), scalesByLoad: false };
      expect(actions(state, seen)).toEqual([]);
    });

    it("comes up in a rollout with as many instances as are live, and is handed over when it is live itself", () => {
      const state = desired({ live: generation(1, byLoad("a")), rollout: generation(2, byLoad("b")) });
      expect(actions(state, observed([ready("a", 4)]))).toEqual([
        { kind: "ensure", workload: byLoad("b").workload },
        { kind: "scale", workload: "b", replicas: 4 },
      ]);
      expect(actions(state, observed([ready("a", 4), ready("b", 2, null)]))).toEqual([
        { kind: "scale", workload: "b", replicas: 4 },
      ]);
      expect(actions(state, observed([ready("a", 4), ready("b", 4, null)]))).toEqual([{ kind: "promote", version: 2 }]);
    });

    it("is taken back before it is kept warm, and before it stops", () => {
      const live = generation(2, byLoad("b"));
      const warm = { ...generation(1, byLoad("a")), until: now + 5 };
      expect(actions(desired({ live, warm: [warm] }), observed([ready("b", 1), ready("a", 2)]))).toEqual([
        { kind: "autoscale", workload: "a", to: null },
        { kind: "drain", workload: "a", instances: ["a-2"] },
      ]);
      expect(actions(desired({ live, retained: new Set(["a"]) }), observed([ready("b", 1), ready("a", 0)]))).toEqual([
        { kind: "autoscale", workload: "a", to: null },
      ]);
    });

    describe("by Berth", () => {
      const parts = { cpuPercent: undefined, concurrency: 80 };
      const asked = (id: string, count: number, changesAt: number | null = null) => ({
        demands: new Map([[id, { count, changesAt }]]),
      });
      const seen = (id: string, count: number, more: object) => ({ ...observed([ready(id, count, null)]), ...more });
      const live = (more: Partial<GenerationService["scale"]> = {}) =>
        desired({ live: generation(1, byLoad("a", { ...parts, ...more })) });

      it("runs as many as its load asks for, and is looked at when that may change", () => {
        expect(actions(live(), seen("a", 2, asked("a", 4)))).toEqual([{ kind: "scale", workload: "a", replicas: 4 }]);
        expect(actions(live(), seen("a", 4, asked("a", 2)))).toEqual([
          { kind: "drain", workload: "a", instances: ["a-3", "a-4"] },
        ]);
        expect(decide(live(), seen("a", 3, asked("a", 3, now + 5)), new Map(), now)).toMatchObject({
          actions: [],
          lookAgainAt: now + 5,
        });
      });

      it("stays as it is within its bounds while nobody has judged its load", () => {
        expect(actions(live(), seen("a", 3, {}))).toEqual([]);
        expect(actions(live({ max: 4 }), seen("a", 9, {}))).toMatchObject([{ kind: "drain" }]);
      });

      it("does so by use of processors where the runtime does not", () => {
        const state = desired({ live: generation(1, byLoad("a")) });
        expect(actions(state, seen("a", 2, { scalesByLoad: false, ...asked("a", 5) }))).toEqual([
          { kind: "scale", workload: "a", replicas: 5 },
        ]);
      });

      it("comes up in a rollout with as many instances as are live", () => {
        const rollout = generation(2, byLoad("b", parts));
        expect(actions({ ...live(), rollout }, seen("a", 4, asked("a", 4)))).toEqual([
          { kind: "ensure", workload: byLoad("b").workload },
          { kind: "scale", workload: "b", replicas: 4 },
        ]);
      });

      it("sleeps exactly when it has been idle, whatever its load asked for until then", () => {
        const idleMs = fc.integer({ min: 1, max: 600_000 });
        fc.assert(
          fc.property(
            idleMs,
            fc.integer({ min: 1, max: 700_000 }),
            fc.integer({ min: 1, max: 5 }),
            (idle, ago, count) => {
              const state = live({ min: 0, idleMs: idle });
              const load: [string, WorkloadLoad] = [
                "a",
                { inFlight: 0, lastRequestAt: now - ago, instances: new Map(), counters: [] },
              ];
              const { liveAt } = state.live!;
              const from = Math.max(now - ago, liveAt ?? 0);
              const { actions: todo, lookAgainAt } = decide(
                state,
                { ...observed([ready("a", count, null)], [load]), ...asked("a", count) },
                new Map(),
                now,
              );
              const drained = todo.flatMap((action) => (action.kind === "drain" ? action.instances : []));
              const isAwake = from + idle > now;
              expect(drained).toHaveLength(isAwake ? 0 : count);
              expect(todo).toHaveLength(isAwake ? 0 : 1);
              expect(lookAgainAt === from + idle).toBe(isAwake);
            },
          ),
        );
      });
    });

    it("is taken back before a number of one's own holds", () => {
      const state = desired({ live: generation(1, service("a", { min: 3 })) });
      expect(actions(state, observed([ready("a", 1)]))).toEqual([
        { kind: "autoscale", workload: "a", to: null },
        { kind: "scale", workload: "a", replicas: 3 },
      ]);
    });
  });
});
