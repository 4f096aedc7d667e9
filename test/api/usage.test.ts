import { afterEach, beforeEach, expect, it } from "vitest";
import {
  type EnvironmentEfficiency,
  keptUsageMs,
  noUsage,
  type Scope,
  usageBucketMs,
  type UsageBucket,
} from "../../packages/core/src/index.ts";
import { makeManualClock } from "../support/manual-clock.ts";
import { ask } from "./documented.ts";
import { givenLive, type Harness, openHarness, shop } from "./harness.ts";

const clock = makeManualClock();
const now = clock.now();
const mebi = 2 ** 20;

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness({ clock });
});
afterEach(() => harness.close());

/** What one instance took in a bucket, so many before now. */
function bucket(ago: number, more: Partial<UsageBucket> = {}): UsageBucket {
  return {
    ...noUsage,
    ...shop,
    service: "web",
    at: now - ago * usageBucketMs,
    watchedMs: usageBucketMs,
    requests: 10,
    requestMs: 1_000,
    instanceMs: usageBucketMs,
    ...more,
  };
}

/** A day in which one instance used so much of a quarter of a processor. */
function day(scope: Scope, cpuMillis: number): UsageBucket[] {
  return Array.from({ length: keptUsageMs / usageBucketMs }, (_, index) =>
    bucket(index + 1, {
      ...scope,
      cpuMs: cpuMillis * 300,
      cpuReservedMs: 250 * 300,
      memoryByteSeconds: 400 * mebi * 300,
      memoryReservedByteSeconds: 512 * mebi * 300,
      memoryPeakBytes: 400 * mebi,
    }),
  );
}

const list = async (query: string) => {
  const { body } = await ask(harness, "GET", `/efficiency${query}`);
  return body as { items: EnvironmentEfficiency[]; next: string | null };
};
const names = (items: readonly Scope[]) => items.map(({ app, environment }) => `${app} ${environment}`);

it("shows the buckets of the last day, of all services or one, since a moment", async () => {
  await givenLive(harness.store);
  const web = [bucket(3), bucket(2), bucket(1, { requests: 0 })];
  const worker = bucket(2, { service: "worker" });
  await harness.store.usage.add([...web, worker]);
  const read = async (query = "") =>
    (await ask(harness, "GET", `/apps/shop/environments/production/usage${query}`)).body;
  expect(await read()).toEqual({ bucketMs: usageBucketMs, items: [...web, worker] });
  expect(await read("?service=worker")).toEqual({ bucketMs: usageBucketMs, items: [worker] });
  expect(await read(`?service=web&since=${web[1]!.at}`)).toEqual({ bucketMs: usageBucketMs, items: web.slice(1) });
  expect(await ask(harness, "GET", "/apps/shop/environments/nope/usage")).toMatchObject({
    status: 404,
    body: { code: "environment.not-found" },
  });
  expect(await ask(harness, "GET", "/apps/shop/environments/production/usage?since=-1")).toMatchObject({ status: 422 });
});

it("lists environments worst first, of all apps or one, in pages, with what to change", async () => {
  const scopes = [shop, { app: "shop", environment: "topic" }, { app: "blog", environment: "production" }];
  for (const [index, scope] of scopes.entries()) {
    await givenLive(harness.store, scope);
    await harness.store.usage.add(day(scope, [200, 100, 5][index]!));
  }
  const { items, next } = await list("");
  expect(next).toBeNull();
  expect(names(items)).toEqual(["blog production", "shop topic", "shop production"]);
  expect(items[0]).toMatchObject({
    cpuShare: 0.02,
    services: [
      { service: "web", missing: null, advice: [{ kind: "cpu", change: "services.web.resources.cpu: 10m" }] },
      { service: "worker", cpuShare: null, advice: [], missing: { what: "watched", haveMs: 0 } },
    ],
  });
  expect(items[2]!.services[0]!.advice).toEqual([]);
  expect(names((await list("?app=shop")).items)).toEqual(["shop topic", "shop production"]);
  const first = await list("?limit=2");
  expect(first.items).toEqual(items.slice(0, 2));
  expect(await list(`?limit=2&after=${first.next}`)).toEqual({ items: items.slice(2), next: null });
  expect(await ask(harness, "GET", "/efficiency?after=gone")).toMatchObject({ status: 422, body: { path: "after" } });
  expect(await ask(harness, "GET", "/efficiency?app=none")).toMatchObject({
    status: 404,
    body: { code: "app.not-found" },
  });
});

it("lists nothing that is not live, and none of what is older than a day", async () => {
  await harness.store.apps.create({ name: "empty", defaultBranch: null }, { person: "ada", role: "owner" });
  expect(await list("")).toEqual({ items: [], next: null });
  await givenLive(harness.store);
  await harness.store.usage.add(day(shop, 5));
  clock.advance(keptUsageMs);
  const { items } = await list("");
  expect(items).toMatchObject([{ usage: { requests: 0, watchedMs: 0 } }]);
});
