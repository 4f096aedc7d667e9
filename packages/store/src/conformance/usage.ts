import { keptUsageMs, noUsage, usageBucketMs, type UsageBucket } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function testUsage(given: Given): void {
  const web = { ...production, service: "web" };
  const bucket = (number: number, more: Partial<UsageBucket> = {}): UsageBucket => ({
    ...noUsage,
    ...web,
    at: given.clock.time + number * usageBucketMs,
    watchedMs: usageBucketMs,
    ...more,
  });
  const since = () => given.clock.time - keptUsageMs;

  test("is kept by service, oldest first, since a moment", async () => {
    await givenEnvironment(given.store);
    const busy = bucket(-1, {
      requests: 1,
      requestMs: 2,
      instanceMs: 3,
      cpuMs: 4,
      cpuReservedMs: 5,
      memoryByteSeconds: 50 * 86_400 * 2 ** 30,
      memoryReservedByteSeconds: 7,
      memoryPeakBytes: 2 ** 31,
      asleepMs: 9,
      wakes: 10,
    });
    const api = bucket(-2, { service: "api" });
    await given.store.usage.add([busy, bucket(-2), api]);
    await given.store.usage.add([bucket(-3)]);
    await given.reopen();
    const { usage } = given.store;
    expect(await usage.list(web, since())).toEqual([bucket(-3), bucket(-2), busy]);
    expect(await usage.list(web, busy.at)).toEqual([busy]);
    expect(await usage.list(production, since())).toEqual([api, bucket(-3), bucket(-2), busy]);
  });

  test("adds up where a bucket comes in parts", async () => {
    await givenEnvironment(given.store);
    const parts = { watchedMs: 10, requests: 2, requestMs: 3, instanceMs: 10, cpuMs: 1, cpuReservedMs: 5, wakes: 1 };
    const memory = { memoryByteSeconds: 100, memoryReservedByteSeconds: 200, asleepMs: 4 };
    await given.store.usage.add([bucket(-1, { ...parts, ...memory, memoryPeakBytes: 70 })]);
    await given.store.usage.add([bucket(-1, { ...parts, ...memory, memoryPeakBytes: 60 })]);
    expect(await given.store.usage.list(web, since())).toEqual([
      bucket(-1, {
        watchedMs: 20,
        requests: 4,
        requestMs: 6,
        instanceMs: 20,
        cpuMs: 2,
        cpuReservedMs: 10,
        wakes: 2,
        memoryByteSeconds: 200,
        memoryReservedByteSeconds: 400,
        memoryPeakBytes: 70,
        asleepMs: 8,
      }),
    ]);
  });

  test("is kept for a day", async () => {
    await givenEnvironment(given.store);
    const day = keptUsageMs / usageBucketMs;
    const all = Array.from({ length: day + 10 }, (_, number) => bucket(number - day - 9));
    for (const one of all) await given.store.usage.add([one]);
    expect(await given.store.usage.list(web, 0)).toEqual(all.slice(9));
    given.clock.time += keptUsageMs;
    await given.store.usage.add([]);
    expect(await given.store.usage.list(web, 0)).toEqual(all.slice(-1));
  });

  test("goes with its environment, and is of none that is not there", async () => {
    await givenEnvironment(given.store);
    await given.store.usage.add([bucket(-1)]);
    await given.store.environments.delete("shop", "production", ada);
    await given.store.usage.add([bucket(-1)]);
    await givenEnvironment(given.store);
    expect(await given.store.usage.list(web, 0)).toEqual([]);
  });
}
