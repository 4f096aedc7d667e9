import { afterEach, beforeEach, expect, it } from "vitest";
import { sumUsage, usageBucketMs } from "../../packages/core/src/index.ts";
import { makeYard, production, type Yard } from "./yard.ts";

const minuteMs = 60_000;

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const routed = () => yard.table().hosts.get("shop.test")!.routes[0]!.workload;
const kept = async (service = "web") => await yard.store.usage.list({ ...production, service }, 0);

/** So long, a few seconds at a time. */
async function pass(ms: number) {
  for (let left = ms; left > 0; left -= 5_000) {
    yard.clock.advance(Math.min(left, 5_000));
    await new Promise(setImmediate);
  }
}

it("keeps what each service took, and the time that it slept", async () => {
  await yard.deploy({
    web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } },
    worker: { image: "worker" },
  });
  yard.runtime.cpuMillis.set("web", 40);
  yard.count(routed(), 0);
  await pass(15_000);
  yard.count(routed(), 1);
  await pass(20_000);
  yard.count(routed(), 0);
  await pass(2 * minuteMs);
  await yard.until("it sleeps", () => yard.runtime.running().join() === "worker: 1");
  await pass(2 * usageBucketMs);
  yard.runtime.fates.set("web", "starting");
  await yard.deployer().wake(routed(), "curl");
  yard.clock.advance(1_000);
  yard.runtime.turn("web", "ready");
  await yard.until("it is awake", () => yard.table().workloads.get(routed())?.state === "running");
  await pass(2 * usageBucketMs);
  const web = await kept();
  const all = sumUsage(web);
  expect(web.every(({ at }) => at % usageBucketMs === 0)).toBe(true);
  expect(all).toMatchObject({ requests: 2, requestMs: 20_000 });
  expect(all.wakes).toBe(1);
  expect(all.asleepMs).toBeGreaterThan(2 * usageBucketMs);
  expect(all.instanceMs).toBeGreaterThanOrEqual(2 * minuteMs);
  expect(Math.abs(all.watchedMs - all.asleepMs - all.instanceMs)).toBeLessThanOrEqual(minuteMs);
  expect(all.cpuMs / all.cpuReservedMs).toBeCloseTo(0.4);
  expect(sumUsage(await kept("worker"))).toMatchObject({ asleepMs: 0, requests: 0 });
});

it("loses at most the bucket under way where it is killed, and adds to what there is of it where it was stopped", async () => {
  await yard.deploy({ web: { image: "one" } });
  await pass(usageBucketMs);
  const [first] = await kept();
  expect(first!.instanceMs).toBeGreaterThan(minuteMs);
  await pass(2 * minuteMs);
  await yard.deployer().stop();
  const before = (await kept()).at(-1)!;
  expect(before.instanceMs).toBeGreaterThan(minuteMs);
  await yard.crash();
  await pass(usageBucketMs);
  const buckets = await kept();
  expect(buckets[0]).toEqual(first);
  expect(buckets.find(({ at }) => at === before.at)!.instanceMs).toBeGreaterThan(before.instanceMs);
  const ended = buckets.filter(({ at }) => at + usageBucketMs <= yard.clock.now());
  await yard.crash();
  await pass(usageBucketMs);
  expect((await kept()).slice(0, ended.length)).toEqual(ended);
});
