import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LoadCounter } from "../../routing.ts";
import type { ObservedInstance } from "../../runtime.ts";
import type { GenerationService } from "../desired.ts";
import { type DemandMemory, judgeDemand } from "./demand.ts";
import { defaultScalingRules as rules } from "./rules.ts";

const second = 1_000;

function service(scale: Partial<GenerationService["scale"]>): Pick<GenerationService, "workload" | "scale"> {
  return {
    scale: { min: 1, max: 20, idleMs: 300 * second, ...scale },
    workload: {
      id: "a",
      app: "shop",
      environment: "production",
      service: "web",
      kind: "service",
      image: "sha256:0",
      command: { argv: ["true"] },
      env: {},
      resources: { cpuMillis: 200, memoryBytes: 1 },
      health: { path: "/", timeoutMs: 10_000 },
      stopGraceMs: 1_000,
    },
  };
}

function instance(state: ObservedInstance["state"], cpuMillis: number | null = null): ObservedInstance {
  return {
    id: "a-1",
    workload: "a",
    state,
    startedAt: 0,
    readyAt: null,
    restarts: 0,
    lastExit: null,
    elsewhereSince: null,
    endpoint: null,
    memoryBytes: null,
    cpuMillis,
    reason: null,
    givenUpAt: null,
  };
}

/** A workload under a load that is set by hand, at whose demand somebody looks. */
class Scene {
  now = 0;
  inFlight = 0;
  ready: number;
  starting = 0;
  cpuMillis: number | null = null;
  metric: "concurrency" | "cpu" = "concurrency";
  readonly #service: Pick<GenerationService, "workload" | "scale">;
  #memory: DemandMemory | null = null;
  #counter: LoadCounter = { router: "", requests: 0, busyMs: 0, inFlight: 0, at: 0 };

  constructor(scale: Partial<GenerationService["scale"]>, ready = 1) {
    this.#service = service(scale);
    this.ready = ready;
  }

  /** From now on so many are in flight. */
  load(inFlight: number) {
    this.inFlight = inFlight;
    this.#count();
    this.#counter = { ...this.#counter, requests: this.#counter.requests + inFlight };
  }

  look() {
    this.#count();
    const instances = [
      ...Array.from({ length: this.ready }, () => instance("ready", this.cpuMillis)),
      ...Array.from({ length: this.starting }, () => instance("starting")),
    ];
    const observed = { replicas: instances.length, instances };
    const input = { service: this.#service, metric: this.metric, observed, counters: [this.#counter] };
    const { demand, memory } = judgeDemand(input, this.#memory, rules, this.now);
    this.#memory = memory;
    return demand;
  }

  /** Looks as often as it is told to for so long, and no more often; what is asked for is ready at once. Gives how often it has looked. */
  pass(ms: number): number {
    const end = this.now + ms;
    let looks = 0;
    for (;;) {
      const { count, changesAt } = this.look();
      looks += 1;
      // An instance that comes or goes is looked at.
      if (this.ready > 0 && count !== this.ready) {
        this.ready = count;
        continue;
      }
      if (changesAt === null || changesAt > end) break;
      this.now = changesAt;
    }
    this.now = end;
    return looks;
  }

  #count() {
    const { busyMs, inFlight, at } = this.#counter;
    const counted = { busyMs: busyMs + inFlight * (this.now - at), inFlight: this.inFlight, at: this.now };
    this.#counter = { ...this.#counter, ...counted };
  }
}

describe("the demand of a load of requests", () => {
  it("is what keeps each instance at seven tenths of its concurrency, soon after a rise and long after a fall", () => {
    const scene = new Scene({ concurrency: 10 });
    scene.pass(120 * second);
    scene.load(70);
    scene.pass(8 * second);
    expect(scene.ready).toBe(10);
    scene.load(7);
    scene.pass(300 * second);
    expect(scene.ready).toBe(10);
    scene.pass(70 * second);
    expect(scene.ready).toBe(1);
  });

  it("is looked at no more once nothing can come of it: no requests, or as many as ever", () => {
    const scene = new Scene({ concurrency: 10 });
    expect(scene.pass(3_600 * second)).toBeLessThan(5);
    expect(scene.look().changesAt).toBeNull();
    // Three connections that stay open.
    scene.load(3);
    scene.pass(120 * second);
    expect(scene.look().changesAt).toBeNull();
    scene.load(40);
    scene.pass(3_600 * second);
    expect(scene.ready).toBe(6);
    expect(scene.look().changesAt).toBeNull();
    scene.load(0);
    scene.pass(3_600 * second);
    expect(scene.ready).toBe(1);
    expect(scene.look().changesAt).toBeNull();
  });

  it("is one instance for a service that sleeps, however many wait, and no more for what waited once that is ready", () => {
    const scene = new Scene({ concurrency: 10, min: 0 }, 0);
    scene.load(500);
    expect(scene.look()).toEqual({ count: 1, changesAt: null });
    scene.starting = 1;
    expect(scene.look()).toEqual({ count: 1, changesAt: null });
    scene.now += 20 * second;
    [scene.starting, scene.ready] = [0, 1];
    scene.look();
    scene.now += 50;
    scene.load(0);
    scene.pass(60 * second);
    expect(scene.ready).toBe(1);
  });

  it("grows with what has waited for long and goes on, once one is ready", () => {
    const scene = new Scene({ concurrency: 10, min: 0 }, 0);
    scene.load(50);
    scene.starting = 1;
    scene.look();
    scene.now += 120 * second;
    [scene.starting, scene.ready] = [0, 1];
    scene.pass(10 * second);
    expect(scene.ready).toBe(8);
  });

  it("begins anew with each wake", () => {
    const scene = new Scene({ concurrency: 10, min: 0, idleMs: 300 * second });
    scene.load(70);
    scene.pass(60 * second);
    expect(scene.ready).toBe(10);
    scene.load(0);
    [scene.now, scene.ready] = [scene.now + 300 * second, 0];
    scene.look();
    scene.now += second;
    scene.load(1);
    expect(scene.look().count).toBe(1);
    scene.ready = 1;
    scene.pass(600 * second);
    expect(scene.ready).toBe(1);
  });

  it("settles on one number for a load that does not change, whatever it was before", () => {
    const loads = fc.array(fc.record({ inFlight: fc.nat(300), forMs: fc.integer({ min: 1, max: 90 * second }) }));
    fc.assert(
      fc.property(loads, fc.nat(300), fc.integer({ min: 1, max: 100 }), (before, last, concurrency) => {
        const scene = new Scene({ concurrency, min: 1, max: 1_000 });
        for (const { inFlight, forMs } of before) {
          scene.load(inFlight);
          scene.pass(forMs);
        }
        scene.load(last);
        scene.pass(600 * second);
        expect(scene.ready).toBe(Math.max(1, Math.ceil(last / (concurrency * 0.7) - 1e-9)));
        expect(scene.look().changesAt).toBeNull();
      }),
      { numRuns: 100 },
    );
  });
});

describe("the demand of use of processors", () => {
  const scene = (cpuMillis: number | null) => {
    const made = new Scene({ cpuPercent: 50, idleMs: 30 * second }, 2);
    return Object.assign(made, { metric: "cpu" as const, cpuMillis });
  };

  it("is what keeps each instance at its share", () => {
    const busy = scene(300);
    busy.look();
    busy.now += 60 * second;
    // Twice 300 of 100 each.
    expect(busy.look().count).toBe(6);
  });

  it("is as many as there are while nobody measures, and within the tolerance", () => {
    for (const cpuMillis of [null, 109]) {
      const even = scene(cpuMillis);
      even.pass(300 * second);
      expect(even.ready).toBe(2);
    }
  });

  it("falls when less has been used for the delay", () => {
    const quiet = scene(300);
    quiet.look();
    quiet.now += 60 * second;
    quiet.ready = quiet.look().count;
    quiet.cpuMillis = 5;
    quiet.pass(80 * second);
    expect(quiet.ready).toBe(6);
    quiet.pass(120 * second);
    expect(quiet.ready).toBe(1);
  });
});
