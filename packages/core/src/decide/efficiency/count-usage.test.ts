import fc from "fast-check";
import { expect, it } from "vitest";
import type { LoadCounter } from "../../routing.ts";
import type { ObservedInstance, ObservedWorkload } from "../../runtime.ts";
import { sumUsage } from "../../usage.ts";
import { longestLookMs, lookAtService, type ServiceLook, usageBetween, type WorkloadLook } from "./count-usage.ts";

const mebi = 2 ** 20;

function instance(more: Partial<ObservedInstance> = {}): ObservedInstance {
  return {
    id: "a-1",
    workload: "a",
    state: "ready",
    startedAt: 0,
    readyAt: 0,
    restarts: 0,
    lastExit: null,
    endpoint: null,
    memoryBytes: 64 * mebi,
    cpuMillis: 50,
    reason: null,
    elsewhereSince: null,
    givenUpAt: null,
    ...more,
  };
}

function observed(instances: readonly ObservedInstance[], replicas = instances.length): ObservedWorkload {
  return {
    id: "a",
    app: "shop",
    environment: "production",
    service: "web",
    replicas,
    instances,
    refusal: null,
    isWhole: true,
  };
}

function workload(instances: readonly ObservedInstance[], more: Partial<WorkloadLook> = {}): WorkloadLook {
  const resources = { cpuMillis: 250, memoryBytes: 512 * mebi };
  return { id: "a", resources, observed: observed(instances), counters: [], ...more };
}

const counter = (requests: number, busyMs: number, inFlight: number, at: number, router = ""): LoadCounter => ({
  router,
  requests,
  busyMs,
  inFlight,
  at,
});

it("counts what instances used and reserved from one look to the next, and what routers have counted", () => {
  const first = lookAtService([workload([instance()], { counters: [counter(10, 500, 1, 1_000)] })], false, 2_000);
  const second = lookAtService([workload([], { counters: [counter(13, 4_500, 0, 7_000)] })], false, 12_000);
  expect(usageBetween(first, second)).toEqual({
    watchedMs: 10_000,
    requests: 3,
    // One was in flight at the first look, and had been for a second.
    requestMs: 3_000,
    instanceMs: 10_000,
    cpuMs: 500,
    cpuReservedMs: 2_500,
    memoryByteSeconds: 640 * mebi,
    memoryReservedByteSeconds: 5_120 * mebi,
    memoryPeakBytes: 64 * mebi,
    asleepMs: 0,
    wakes: 0,
  });
});

it("takes the workloads of all releases of a service together, and each router for itself", () => {
  const [old, next] = [workload([instance()]), { ...workload([instance(), instance()]), id: "b" }];
  const before = { ...old, counters: [counter(1, 0, 0, 0, "x"), counter(5, 0, 0, 0, "y")] };
  const after = { ...old, counters: [counter(2, 0, 0, 0, "x"), counter(7, 0, 0, 0, "y"), counter(9, 9, 0, 0, "z")] };
  const usage = usageBetween(lookAtService([before, next], false, 0), lookAtService([after, next], false, 1_000));
  expect(usage).toMatchObject({ requests: 3, requestMs: 0, instanceMs: 3_000, cpuMs: 150 });
});

it("reserves nothing where use is not measured, and takes no instance that has ended", () => {
  const blind = [instance({ cpuMillis: null, memoryBytes: null }), instance({ state: "exited" })];
  const [first, second] = [0, 1_000].map((at) => lookAtService([workload(blind)], false, at));
  expect(usageBetween(first!, second!)).toMatchObject({
    instanceMs: 1_000,
    cpuMs: 0,
    cpuReservedMs: 0,
    memoryReservedByteSeconds: 0,
    memoryPeakBytes: 0,
  });
});

it("sleeps where it may and nobody has asked for an instance", () => {
  const asleep = (workloads: WorkloadLook[], maySleep: boolean) => lookAtService(workloads, maySleep, 0).isAsleep;
  expect(asleep([workload([])], true)).toBe(true);
  expect(asleep([workload([], { observed: undefined })], true)).toBe(true);
  expect(asleep([workload([])], false)).toBe(false);
  expect(asleep([workload([], { observed: observed([], 1) })], true)).toBe(false);
  expect(asleep([workload([]), workload([instance()])], true)).toBe(false);
});

it("counts nothing over a time that nobody has seen", () => {
  const at = (now: number) => lookAtService([workload([instance()])], false, now);
  expect(usageBetween(at(0), at(longestLookMs))).not.toBeNull();
  expect(usageBetween(at(0), at(longestLookMs + 1))).toBeNull();
  expect(usageBetween(at(5), at(5))).toBeNull();
  expect(usageBetween(at(5), at(4))).toBeNull();
});

it("adds up to the same however often it is looked at", () => {
  const steps = fc.array(
    fc.record({
      ms: fc.integer({ min: 1, max: 10_000 }),
      instances: fc.integer({ min: 0, max: 3 }),
      requests: fc.integer({ min: 0, max: 5 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 3 }), (taken, parts) => {
      const run = (split: number) => {
        const looks: ServiceLook[] = [];
        let [now, requests] = [0, 0];
        for (const { ms, instances, requests: more } of taken) {
          requests += more;
          for (let part = 0; part < split; part++) {
            const running = Array.from({ length: instances }, () => instance());
            const counters = [counter(requests, 0, 0, now)];
            looks.push(lookAtService([workload(running, { counters })], true, now + (ms * part) / split));
          }
          now += ms;
        }
        looks.push(lookAtService([workload([], { counters: [counter(requests, 0, 0, now)] })], true, now));
        return sumUsage(looks.slice(1).map((look, index) => usageBetween(looks[index]!, look)!));
      };
      const [once, often] = [run(1), run(parts)];
      for (const key of Object.keys(once) as (keyof typeof once)[]) expect(often[key]).toBeCloseTo(once[key], 3);
    }),
  );
});
