import { afterEach, beforeEach, expect, it } from "vitest";
import { ada, makeYard, production, type Yard } from "./yard.ts";

const minuteMs = 60_000;

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const running = () => yard.runtime.running().join();
const routed = (host = "shop.test") => {
  const workload = yard.table().hosts.get(host)?.routes[0]?.workload;
  return workload === undefined ? null : (yard.table().workloads.get(workload) ?? null);
};

it("keeps the two generations before warm for ten minutes, and one instance of each", async () => {
  const scale = { min: 3, max: 3, idleMs: minuteMs };
  for (const image of ["one", "two", "three", "four"]) await yard.deploy({ web: { image, scale } });
  await yard.until("two are warm", () => running() === "web: 1,web: 1,web: 3");
  yard.clock.advance(10 * minuteMs);
  await yard.until("none is", () => running() === "web: 3");
  expect(yard.runtime.known()).toHaveLength(4);
});

it("lets a service with min: 0 sleep, and wakes it for a request", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } } });
  expect(routed()!.state).toBe("running");
  yard.clock.advance(minuteMs);
  await yard.until("it sleeps", () => running() === "");
  expect(routed()).toMatchObject({ state: "asleep", instances: [] });
  await yard.deployer().wake(routed()!.id, "curl");
  expect(running()).toBe("web: 1");
  await yard.until("it is routed to", () => routed()!.state === "running");
  yard.clock.advance(minuteMs);
  await yard.until("it sleeps again", () => running() === "");
});

it("keeps what each start after sleep took, and says who keeps it from sleeping", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } } });
  const { id } = routed()!;
  expect(routed()!.sleeps).toBe(true);
  const status = async () => (await yard.deployer().status(production)).services[0]!;
  expect(await status()).toMatchObject({ wakes: null, keptAwakeBy: [] });
  const sleepAndWake = async (fate: "starting" | "exited") => {
    yard.clock.advance(2 * minuteMs);
    await yard.until("it sleeps", () => running() === "");
    yard.runtime.fates.set("web", fate);
    await yard.deployer().wake(id, "curl");
  };
  await sleepAndWake("starting");
  await yard.until("its start is seen", () => routed()!.waking?.current === "ready");
  expect(yard.deployer().wakes(production)).toMatchObject([{ state: "running", cause: { by: "curl" } }]);
  yard.clock.advance(700);
  yard.runtime.turn("web", "ready");
  await yard.until("it is awake", () => routed()!.state === "running");
  await sleepAndWake("exited");
  await yard.until("it has failed", () => routed()!.state === "failed");
  const kept = await yard.store.wakes.list({ ...production, service: "web" }, { limit: 10 });
  expect(kept).toMatchObject([
    { state: "failed", reason: "it is told to be so" },
    { state: "succeeded", reason: null },
  ]);
  const tookMs = kept[1]!.endedAt! - kept[1]!.startedAt;
  expect(tookMs).toBeGreaterThanOrEqual(700);
  yard.runtime.turn("web", "ready");
  const robot = { agent: "UptimeRobot", network: "203.0.113.0/24", perHour: 120, lastAt: yard.clock.now() };
  yard.requesters.set(id, [robot]);
  yard.count(id, 1);
  yard.clock.advance(30 * minuteMs);
  expect(await status()).toMatchObject({ wakes: { count: 2, failed: 1, p50Ms: tookMs }, keptAwakeBy: [robot] });
});

it("wakes services for somebody who asks for it, and refuses what never sleeps", async () => {
  await yard.deploy({
    web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } },
    worker: { image: "worker", routes: [] },
  });
  yard.clock.advance(2 * minuteMs);
  await yard.until("it sleeps", () => running() === "worker: 1");
  const wake = (service: string | null) => yard.deployer().wakeServices({ ...production, service }, ada);
  const [started] = await wake(null);
  expect(await started!.done).toMatchObject({
    service: "web",
    state: "succeeded",
    cause: { kind: "person", by: "ada" },
  });
  expect(running()).toBe("web: 1,worker: 1");
  expect((await wake("web"))[0]!.wake).toMatchObject({ state: "succeeded", phases: [] });
  await expect(wake("worker")).rejects.toThrow("takes no requests");
  await expect(wake("wbe")).rejects.toThrow('no service "wbe"');
  expect(await yard.store.audit.list({}, { limit: 1 })).toMatchObject([{ action: "service.wake", detail: "web" }]);
});

it("keeps a service with min: 0 awake while a request is in flight", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } } });
  const { id } = routed()!;
  yard.load.set(id, { inFlight: 1, lastRequestAt: yard.clock.now(), instances: new Map(), counters: [] });
  yard.clock.advance(5 * minuteMs);
  await yard.until("it was looked at", () => yard.clock.sleeping() > 0);
  expect(running()).toBe("web: 1");
  yard.load.set(id, { inFlight: 0, lastRequestAt: yard.clock.now(), instances: new Map(), counters: [] });
  yard.clock.advance(2 * minuteMs);
  await yard.until("it sleeps", () => running() === "");
});

it("brings an old release up for its permalink, until ten minutes after its last request", async () => {
  await yard.deploy({ web: { image: "one" } });
  await yard.deploy({ web: { image: "two" } });
  yard.clock.advance(10 * minuteMs);
  await yard.until("only what is live runs", () => running() === "web: 1");
  expect(await yard.deployer().visit("shop", 1)).toBe(true);
  await yard.until("it is served", () => routed("shop--v1.test")?.state === "running");
  expect(running()).toBe("web: 1,web: 1");
  const { id } = routed("shop--v1.test")!;
  yard.clock.advance(9 * minuteMs);
  yard.load.set(id, { inFlight: 0, lastRequestAt: yard.clock.now(), instances: new Map(), counters: [] });
  yard.clock.advance(9 * minuteMs);
  await yard.until("it was looked at", () => yard.clock.sleeping() > 0);
  expect(routed("shop--v1.test")?.state).toBe("running");
  yard.clock.advance(minuteMs);
  await yard.until("it is not served any more", () => !yard.table().hosts.has("shop--v1.test"));
  await yard.until("only what is live runs", () => running() === "web: 1");
});

it("has no more than five releases up for their permalinks: the one asked for least recently makes room", async () => {
  for (let number = 1; number <= 8; number += 1) await yard.deploy({ web: { image: `of v${number}` } });
  yard.clock.advance(10 * minuteMs);
  await yard.until("only what is live runs", () => running() === "web: 1");
  for (let version = 1; version <= 7; version += 1) await yard.deployer().visit("shop", version);
  const up = () => [1, 2, 3, 4, 5, 6, 7].filter((version) => routed(`shop--v${version}.test`)?.state === "running");
  await yard.until("the last five are served", () => up().join() === "3,4,5,6,7");
  await yard.until("as many run", () => running().split(",").length === 6);
  expect(up()).toEqual([3, 4, 5, 6, 7]);
});

it("knows no permalink of what never was", async () => {
  await yard.deploy({ web: { image: "one" } });
  expect(await yard.deployer().visit("shop", 7)).toBe(false);
  expect(await yard.deployer().visit("nowhere", 1)).toBe(false);
  expect([...yard.table().hosts.keys()]).toEqual(["shop.test"]);
});

it("takes releases beyond the twentieth out of the history, with what they ran and the images that only they had", async () => {
  for (let number = 1; number <= 25; number += 1) await yard.deploy({ web: { image: `of v${number}` } });
  yard.clock.advance(61 * minuteMs);
  await yard.until("the old ones are gone", () => yard.runtime.known().length === 20 && yard.images.size === 20);
  const releases = await yard.store.releases.list({ app: "shop", environment: "production" }, { limit: 100 });
  expect(releases.map(({ version }) => version)).toEqual(Array.from({ length: 20 }, (_, index) => 25 - index));
  expect(running()).toBe("web: 1");
});

it("prunes neither what is live nor what is warm, however many failed since", async () => {
  await yard.deploy({ web: { image: "warm" } });
  await yard.deploy({ web: { image: "live" } });
  yard.runtime.fates.set("web", "exited");
  for (let number = 0; number < 25; number += 1) {
    yard.faults.at("runtime.ensure", "before", { throws: new Error("no") });
    expect(await yard.deploy({ web: { image: `bad ${number}` } })).toMatchObject({ state: "failed" });
  }
  await yard.deployer().prune();
  const versions = await yard.store.releases.list({ app: "shop", environment: "production" }, { limit: 100 });
  expect(versions.map(({ version }) => version).slice(-2)).toEqual([2, 1]);
  expect(running()).toBe("web: 1,web: 1");
});
