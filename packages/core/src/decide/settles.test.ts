import fc from "fast-check";
import { expect, it } from "vitest";
import { type Autoscale, autoscaleOf } from "../service.ts";
import type { ObservedInstance, ObservedWorkload } from "../runtime.ts";
import type { Action } from "./action.ts";
import { decide, type Draining } from "./decide.ts";
import {
  type DesiredEnvironment,
  type Generation,
  type GenerationService,
  listens,
  nothingDesired,
} from "./desired.ts";
import { surplusInstances } from "./replicas.ts";

const start = 1_000_000;
const metric = { command: { argv: ["true"] }, target: 1, everyMs: 15_000 };

const serviceNames = ["web", "api", "worker"] as const;

/** All that run in these worlds have been made by the same store. */
const allIds = new Set(serviceNames.flatMap((name) => [0, 1, 2, 3].map((variant) => `${name}${variant}`)));

/** Workload ids are drawn from few, so that generations share some of them. */
const service = (name: (typeof serviceNames)[number]): fc.Arbitrary<GenerationService> =>
  fc
    .record({
      variant: fc.integer({ min: 0, max: 2 }),
      min: fc.integer({ min: 0, max: 3 }),
      more: fc.integer({ min: 0, max: 3 }),
      by: fc.constantFrom({}, { cpuPercent: 70 }, { concurrency: 80 }),
      isMetered: fc.boolean(),
    })
    .map(({ variant, min, more, by, isMetered }) => ({
      routes: name === "web" ? ["/"] : [],
      scale: {
        min,
        max: Math.max(1, min + more),
        idleMs: 60_000,
        ...(name === "worker" && isMetered ? { metric } : by),
      },
      workload: {
        id: `${name}${variant}`,
        app: "shop",
        environment: "production",
        service: name,
        kind: "service",
        image: "sha256:0",
        command: { argv: ["true"] },
        env: {},
        resources: { cpuMillis: 100, memoryBytes: 1 },
        health: name === "worker" ? null : { path: "/", timeoutMs: 30_000 },
        stopGraceMs: 1000,
      },
    }));

const generation = (version: number): fc.Arbitrary<Generation> =>
  fc.record({
    version: fc.constant(version),
    liveAt: fc.constant(start - 500_000),
    services: fc.tuple(...serviceNames.map(service)),
    wakesNothing: fc.boolean(),
  });

const desired: fc.Arbitrary<DesiredEnvironment> = fc.record({
  live: fc.option(generation(3)),
  rollout: fc.option(generation(4)),
  warm: fc.array(
    generation(2).map((each) => ({ ...each, until: start + 100 })),
    { maxLength: 1 },
  ),
  visited: fc.array(
    generation(1).map((each) => ({ ...each, until: start + 100 })),
    { maxLength: 1 },
  ),
  // Without workers: those run beside the live ones only for who asks for that.
  drilled: fc.array(
    generation(1).map((each) => ({ ...each, services: each.services.filter(listens) })),
    { maxLength: 1 },
  ),
  woken: fc.constantFrom(new Map(), new Map([["web0", start]])),
  retained: fc.constantFrom(new Set<string>(), new Set(["web0", "api1"])),
  recorded: fc.constant(allIds),
  begun: fc.constant(new Set<string>()),
  kept: fc.constant(new Set<string>()),
});

/** Any half-made state: workloads of any id, with instances in any state. */
const observation: fc.Arbitrary<ObservedWorkload[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom(...allIds),
      replicas: fc.integer({ min: 0, max: 4 }),
      isWhole: fc.boolean(),
      autoscale: fc.constantFrom<Autoscale | "unknown" | null>(null, "unknown", {
        min: 1,
        max: 4,
        idleMs: 60_000,
        cpuPercent: 70,
      }),
      states: fc.array(fc.constantFrom<ObservedInstance["state"]>("starting", "ready", "exited"), { maxLength: 4 }),
    }),
    { selector: ({ id }) => id },
  )
  .map((workloads) =>
    workloads.map(({ id, replicas, isWhole, autoscale, states }) => ({
      id,
      app: "shop",
      environment: "production",
      service: id.slice(0, -1),
      replicas,
      instances: states.slice(0, replicas).map((state, index) => instance(id, `${id}-${index}`, state)),
      refusal: null,
      isWhole,
      autoscale,
    })),
  );

function instance(workload: string, id: string, state: ObservedInstance["state"]): ObservedInstance {
  const endpoint = workload.startsWith("worker") ? null : { host: "127.0.0.1", port: 20_000 };
  return {
    id,
    workload,
    state,
    startedAt: start,
    readyAt: null,
    restarts: 0,
    lastExit: null,
    elsewhereSince: null,
    endpoint,
    memoryBytes: null,
    reason: null,
    givenUpAt: null,
  };
}

/** A world that does what it is asked, with every instance ready at once. */
class World {
  workloads: Map<string, ObservedWorkload>;
  desired: DesiredEnvironment;
  draining: Draining = new Map();
  /** What the load of each workload asks for that Berth scales by it. */
  asked: number | null;
  #made = 0;

  constructor(state: DesiredEnvironment, workloads: readonly ObservedWorkload[], asked: number | null = null) {
    this.desired = state;
    this.asked = asked;
    this.workloads = new Map(workloads.map((workload) => [workload.id, workload]));
  }

  apply(actions: readonly Action[]) {
    const drained = actions.flatMap((action) => (action.kind === "drain" ? action.instances : []));
    this.draining = new Map(drained.map((id) => [id, start]));
    for (const action of actions) {
      if (action.kind === "ensure") this.#ensure(action.workload.id, action.workload.service);
      if (action.kind === "scale") this.#scale(action.workload, action.replicas);
      if (action.kind === "autoscale") this.#autoscale(action.workload, action.to);
      if (action.kind === "remove") this.workloads.delete(action.workload);
      if (action.kind === "promote") this.desired = { ...this.desired, live: this.desired.rollout, rollout: null };
      if (action.kind === "fail") this.desired = { ...this.desired, rollout: null };
    }
  }

  look() {
    const observed = {
      workloads: this.workloads,
      tasks: new Map(),
      load: new Map(),
      loadSince: start - 1_000_000,
      scalesByLoad: true,
      demands: this.#demands(),
    };
    return decide(this.desired, observed, this.draining, start).actions;
  }

  #demands() {
    const { asked } = this;
    const services = asked === null ? [] : (this.desired.live?.services ?? []);
    const bounded = ({ min, max }: GenerationService["scale"]) => Math.min(max, Math.max(1, min, asked ?? 1));
    return new Map(services.map(({ workload, scale }) => [workload.id, { count: bounded(scale), changesAt: null }]));
  }

  /** The runtime finds another number right by the load. */
  load(id: string, replicas: number) {
    this.#scale(id, replicas);
  }

  #autoscale(id: string, autoscale: Autoscale | null) {
    this.workloads.set(id, { ...this.workloads.get(id)!, autoscale });
  }

  #ensure(id: string, name: string) {
    const { replicas = 0, instances = [] } = this.workloads.get(id) ?? {};
    this.#set(id, name, replicas, instances);
  }

  #scale(id: string, replicas: number) {
    const { service: name, instances } = this.workloads.get(id)!;
    const leaving = new Set(surplusInstances(instances, replicas).map((each) => each.id));
    const staying = instances
      .filter((each) => !leaving.has(each.id))
      .map((each) => ({ ...each, state: "ready" as const }));
    while (staying.length < replicas)
      staying.push({ ...instance(id, `${id}-new-${(this.#made += 1)}`, "ready"), state: "ready" });
    this.#set(id, name, replicas, staying);
  }

  #set(id: string, name: string, replicas: number, instances: readonly ObservedInstance[]) {
    const place = { app: "shop", environment: "production", service: name };
    const { autoscale = null } = this.workloads.get(id) ?? {};
    this.workloads.set(id, { id, ...place, replicas, instances, refusal: null, isWhole: true, autoscale });
  }

  /** Whatever starts or has crashed is ready a moment later, as many as were asked for. */
  recover() {
    for (const { id, replicas } of this.workloads.values()) this.#scale(id, replicas);
  }
}

it("settles from any half-made state, and then runs exactly what is live, warm, visited and drilled", () => {
  fc.assert(
    fc.property(desired, observation, fc.option(fc.nat(6)), (state, workloads, asked) => {
      const world = new World(state, workloads, asked);
      let passes = 0;
      for (let actions = world.look(); actions.length > 0; actions = world.look()) {
        world.apply(actions);
        world.recover();
        expect((passes += 1)).toBeLessThan(12);
      }
      expect(world.desired.rollout).toBeNull();
      for (const { workload, scale } of world.desired.live?.services ?? []) {
        const { replicas = 0 } = world.workloads.get(workload.id) ?? {};
        expect(replicas).toBeGreaterThanOrEqual(scale.min);
        const isKept = [...world.desired.warm, ...world.desired.visited, ...world.desired.drilled].some((each) =>
          each.services.some((other) => other.workload.id === workload.id),
        );
        const followsLoad = asked !== null && scale.concurrency !== undefined && scale.max > Math.max(1, scale.min);
        const asLoadAsks = [0, Math.min(scale.max, Math.max(1, scale.min, asked ?? 1))].includes(replicas);
        expect(asLoadAsks || !followsLoad || isKept).toBe(true);
      }
      for (const { workload } of world.desired.drilled.flatMap(({ services }) => services))
        expect(world.workloads.get(workload.id)?.replicas).toBeGreaterThanOrEqual(1);
      const workers = [...world.workloads.values()].filter(
        ({ service: name, replicas }) => name === "worker" && replicas > 0,
      );
      const live =
        world.desired.live?.services
          .filter(({ workload }) => workload.service === "worker")
          .map(({ workload }) => workload.id) ?? [];
      expect(workers.map(({ id }) => id).filter((id) => !live.includes(id))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

it("never runs two generations of a worker at the same time on the way", () => {
  fc.assert(
    fc.property(generation(3), generation(4), (live, rollout) => {
      const world = new World({ ...nothingDesired, live, recorded: allIds }, []);
      const settle = () => {
        for (let actions = world.look(); actions.length > 0; actions = world.look()) {
          world.apply(actions);
          const running = [...world.workloads.values()].filter(
            ({ service: name, replicas }) => name === "worker" && replicas > 0,
          );
          expect(running.length).toBeLessThanOrEqual(1);
        }
      };
      settle();
      world.desired = { ...world.desired, rollout };
      settle();
    }),
  );
});

it("lets the runtime scale by load what is live and nothing else, and leaves the number alone that it has chosen", () => {
  fc.assert(
    fc.property(desired, observation, fc.nat(), (state, workloads, chosen) => {
      const world = new World(state, workloads);
      const stopped: ObservedWorkload[] = [];
      const settle = () => {
        for (let actions = world.look(); actions.length > 0; actions = world.look()) {
          for (const action of actions) {
            world.apply([action]);
            // Nobody else sets the number of what the runtime scales, but to bring it within its bounds.
            const scaled = [...world.workloads.values()].filter(({ autoscale }) => autoscale != null);
            stopped.push(
              ...scaled.filter(({ id, replicas }) => action.kind === "scale" && action.workload === id && replicas < 1),
            );
          }
          world.draining = new Map(
            actions.flatMap((action) => (action.kind === "drain" ? action.instances.map((id) => [id, start]) : [])),
          );
          world.recover();
        }
      };
      settle();
      const live = new Map(world.desired.live?.services.map(({ workload, scale }) => [workload.id, scale]));
      for (const [id, scale] of live) {
        const to = autoscaleOf(scale);
        expect(world.workloads.get(id)?.autoscale ?? null).toEqual(to);
        if (to !== null) world.load(id, to.min + (chosen % (to.max - to.min + 1)));
      }
      const others = [...world.workloads.values()].filter(({ id }) => !live.has(id));
      expect(others.filter(({ autoscale }) => autoscale != null)).toEqual([]);
      expect(stopped).toEqual([]);
      expect(world.look()).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

it("does nothing with what the store knows nothing of, whatever is wanted besides", () => {
  fc.assert(
    fc.property(desired, observation, (state, workloads) => {
      const world = new World({ ...state, recorded: new Set() }, workloads);
      const named = [state.live, state.rollout, ...state.warm, ...state.visited, ...state.drilled].flatMap(
        (each) => each?.services ?? [],
      );
      const known = new Set([...named.map(({ workload }) => workload.id), ...state.retained]);
      const unknown = workloads.filter(({ id }) => !known.has(id));
      for (let actions = world.look(); actions.length > 0; actions = world.look()) {
        world.apply(actions);
        world.recover();
      }
      for (const workload of unknown) {
        const { id, replicas, autoscale } = world.workloads.get(workload.id)!;
        expect({ id, replicas, autoscale }).toEqual({
          id: workload.id,
          replicas: workload.replicas,
          autoscale: workload.autoscale,
        });
      }
    }),
    { numRuns: 300 },
  );
});
