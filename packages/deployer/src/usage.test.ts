import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type GenerationService,
  type Log,
  type ObservedWorkload,
  quietLog,
  usageBucketMs,
  type UsageBucket,
  type WorkloadLoad,
} from "@berth/core";
import { makeManualClock } from "@berth/core/testing";
import { expect, it } from "vitest";
import { makeDesired, makeGeneration, makeInstance, makeService, observe, scope } from "./testing/values.ts";
import { lookEveryMs, startUsage } from "./usage.ts";

const mebi = 2 ** 20;
const sleeper: GenerationService = { ...makeService("api", "api"), scale: { min: 0, max: 1, idleMs: 60_000 } };

function setUp() {
  const clock = makeManualClock();
  // To the beginning of a bucket.
  clock.advance(10 * usageBucketMs - clock.now());
  const beganAt = clock.now();
  const writes: (readonly UsageBucket[])[] = [];
  const told: string[] = [];
  const world = {
    workloads: new Map<string, ObservedWorkload>(),
    load: new Map<string, WorkloadLoad>(),
    fault: null as Error | null,
    outdated: null as string | null,
  };
  const log: Log = { ...quietLog, warn: (_, message) => void told.push(message) };
  const usage = startUsage({
    clock,
    log,
    store: {
      usage: { add: async (buckets) => void writes.push(buckets), list: async () => [] },
    },
    runtime: {
      async observe() {
        if (world.fault !== null) throw world.fault;
        return { at: clock.now(), workloads: world.workloads, tasks: new Map(), outdated: world.outdated };
      },
    },
    router: { load: () => world.load },
  });
  const saw = (...services: GenerationService[]) =>
    usage.meter(scope).saw(makeDesired({ live: makeGeneration(1, ...services) }), world.workloads, world.load);
  /** Goes on look by look. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= lookEveryMs) {
      clock.advance(Math.min(left, lookEveryMs));
      await nextTurn();
    }
  };
  const run = (cpuMillis: number, memoryBytes: number) =>
    (world.workloads = observe({ web: [makeInstance("web-1", { cpuMillis, memoryBytes })] }));
  const count = (requests: number, busyMs: number) =>
    world.load.set("web", {
      inFlight: 0,
      lastRequestAt: null,
      instances: new Map(),
      counters: [{ router: "", requests, busyMs, inFlight: 0, at: clock.now() }],
    });
  return { usage, clock, beganAt, writes, told, world, saw, pass, run, count };
}

it("keeps what all services took in one write at the end of each bucket", async () => {
  const { beganAt, writes, saw, pass, run, count } = setUp();
  run(50, 64 * mebi);
  count(5, 100);
  saw(makeService("web", "web"), sleeper);
  await pass(60_000);
  count(12, 1_600);
  await pass(usageBucketMs - 60_000 - 1);
  expect(writes).toEqual([]);
  await pass(1);
  const seconds = usageBucketMs / 1_000;
  const none = { requests: 0, requestMs: 0, instanceMs: 0, cpuMs: 0, cpuReservedMs: 0, memoryPeakBytes: 0, wakes: 0 };
  expect(writes).toEqual([
    [
      {
        ...scope,
        service: "web",
        at: beganAt,
        watchedMs: usageBucketMs,
        requests: 7,
        requestMs: 1_500,
        instanceMs: usageBucketMs,
        cpuMs: usageBucketMs * 0.05,
        cpuReservedMs: usageBucketMs * 0.1,
        memoryByteSeconds: 64 * mebi * seconds,
        memoryReservedByteSeconds: mebi * seconds,
        memoryPeakBytes: 64 * mebi,
        asleepMs: 0,
        wakes: 0,
      },
      {
        ...scope,
        service: "api",
        at: beganAt,
        ...none,
        watchedMs: usageBucketMs,
        memoryByteSeconds: 0,
        memoryReservedByteSeconds: 0,
        asleepMs: usageBucketMs,
      },
    ],
  ]);
  run(100, 64 * mebi);
  await pass(usageBucketMs);
  expect(writes[1]).toMatchObject([
    { at: beganAt + usageBucketMs, requests: 0, cpuMs: (usageBucketMs - lookEveryMs) * 0.1 + lookEveryMs * 0.05 },
    { service: "api" },
  ]);
});

it("counts wakes, and what comes and goes between two looks of its own", async () => {
  const { usage, clock, writes, world, saw, pass, run } = setUp();
  saw(makeService("web", "web"));
  clock.advance(1_000);
  run(50, 64 * mebi);
  usage.meter(scope).woke("web");
  saw(makeService("web", "web"));
  clock.advance(3_000);
  world.workloads = new Map();
  saw(makeService("web", "web"));
  await pass(usageBucketMs - 4_000);
  expect(writes).toMatchObject([[{ watchedMs: usageBucketMs, instanceMs: 3_000, cpuMs: 150, wakes: 1 }]]);
});

it("keeps what there is of a bucket when it stops, up to that moment", async () => {
  const { usage, clock, writes, saw, pass, run } = setUp();
  run(50, 64 * mebi);
  saw(makeService("web", "web"));
  await pass(2 * lookEveryMs);
  clock.advance(lookEveryMs - 1);
  await usage.stop();
  await usage.stop();
  await pass(usageBucketMs);
  expect(writes).toMatchObject([[{ watchedMs: 3 * lookEveryMs - 1 }]]);
});

it("leaves a gap where the machine slept, where nothing could be seen, and where that was out of date", async () => {
  const { clock, beganAt, writes, told, world, saw, pass, run } = setUp();
  run(50, 64 * mebi);
  saw(makeService("web", "web"));
  await pass(60_000);
  clock.advance(3 * usageBucketMs);
  await nextTurn();
  expect(writes).toMatchObject([[{ at: beganAt, watchedMs: 60_000 }]]);
  world.fault = new Error("not now");
  await pass(120_000);
  world.fault = null;
  world.outdated = "It does not answer.";
  await pass(60_000);
  expect(told).toHaveLength(1);
  world.outdated = null;
  await pass(usageBucketMs - 240_000);
  expect(writes[1]).toMatchObject([{ at: beganAt + 3 * usageBucketMs, watchedMs: expect.any(Number) }]);
  expect(writes[1]![0]!.watchedMs).toBeLessThanOrEqual(usageBucketMs - 240_000);
});

it("forgets an environment that is gone", async () => {
  const { usage, writes, saw, pass } = setUp();
  saw(makeService("web", "web"));
  usage.forget(scope);
  await pass(usageBucketMs);
  expect(writes).toEqual([]);
});
