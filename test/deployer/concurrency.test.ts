import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { defaultPolicy } from "../../packages/deployer/src/index.ts";
import { makeYard, type Yard } from "./yard.ts";

const scaling = { ...defaultPolicy.scaling, stableMs: 1_500, panicMs: 500, countEveryMs: 100, measureEveryMs: 100 };

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard({ scaling });
});
afterEach(() => yard.close());

const web = (image: string, min = 1) => ({ web: { image, scale: { min, max: 8, idleMs: 2_000, concurrency: 10 } } });
const running = () => yard.runtime.running().join();
const routed = () => yard.table().hosts.get("shop.test")!.routes[0]!.workload;
const untilRuns = (what: string) => yard.until(`${what} runs`, () => running() === what);

it("runs as many instances as the requests in flight ask for, within its bounds, and fewer when there have been less for idle", async () => {
  await yard.deploy(web("one"));
  yard.count(routed(), 28);
  await untilRuns("web: 4");
  yard.count(routed(), 500);
  await untilRuns("web: 8");
  yard.count(routed(), 14);
  const fellAt = yard.clock.now();
  await untilRuns("web: 2");
  expect(yard.clock.now() - fellAt).toBeGreaterThanOrEqual(2_000);
  yard.count(routed(), 0);
  await untilRuns("web: 1");
});

it("follows a target that is no limit as well", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 1, max: 8, idleMs: 2_000, target: 10 } } });
  expect(yard.table().workloads.get(routed())!.concurrency).toBeNull();
  yard.count(routed(), 31);
  await untilRuns("web: 4");
  yard.count(routed(), 0);
  await untilRuns("web: 1");
});

it("is not looked at by itself while nobody asks for anything", async () => {
  await yard.deploy(web("one"));
  yard.count(routed(), 28);
  await untilRuns("web: 4");
  yard.count(routed(), 0);
  await untilRuns("web: 1");
  // Until the load that was counted last has left the windows.
  for (let step = 0; step < 20; step += 1) {
    yard.clock.advance(500);
    await yard.deployer().wake(routed(), "curl");
  }
  const looks = vi.spyOn(yard.runtime, "observe");
  for (let minute = 0; minute < 8; minute += 1) {
    yard.clock.advance(60_000);
    await new Promise(setImmediate);
  }
  // What it takes is measured, with all there is: no environment is looked at.
  expect(looks.mock.calls.filter(([scope]) => scope !== undefined)).toEqual([]);
  yard.count(routed(), 28);
  await untilRuns("web: 4");
});

it("comes up with as many as its predecessor needs, keeps them while it knows nothing of its load, and falls then", async () => {
  await yard.deploy(web("one"));
  yard.count(routed(), 28);
  await untilRuns("web: 4");
  expect(await yard.deploy(web("two"))).toMatchObject({ state: "succeeded" });
  const since = yard.clock.now();
  expect(running()).toContain("web: 4");
  await untilRuns("web: 1,web: 1");
  expect(yard.clock.now() - since).toBeGreaterThanOrEqual(1_500);
});

it("wakes with one instance however many wait, and has more once that is ready", async () => {
  await yard.deploy(web("one", 0));
  await untilRuns("");
  yard.runtime.fates.set("web", "starting");
  yard.count(routed(), 70);
  await yard.deployer().wake(routed(), "curl");
  for (let second = 0; second < 4; second += 1) {
    yard.clock.advance(1_000);
    await yard.deployer().wake(routed(), "curl");
    expect(running()).toBe("web: 1");
  }
  yard.runtime.fates.set("web", "ready");
  yard.runtime.turn("web", "ready");
  await untilRuns("web: 8");
  yard.count(routed(), 0);
  await untilRuns("");
});

it("keeps what runs after a crash of the server, and follows the load on", async () => {
  await yard.deploy(web("one"));
  yard.count(routed(), 28);
  await untilRuns("web: 4");
  await yard.crash();
  expect(running()).toBe("web: 4");
  yard.count(routed(), 49);
  await untilRuns("web: 7");
});

it("runs as many as their use of processors asks for where the runtime does not see to that", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 1, max: 8, idleMs: 2_000, cpuPercent: 50 } } });
  // Of 100 each: whatever there are, together they use 200.
  const use = () => yard.runtime.cpuMillis.set("web", 200 / Number(running().slice("web: ".length)));
  await yard.until("4 run", () => use() && running() === "web: 4");
  use();
  yard.clock.advance(60_000);
  await yard.deployer().wake(routed(), "curl");
  expect(running()).toBe("web: 4");
  yard.runtime.cpuMillis.set("web", 1);
  await untilRuns("web: 1");
});

it("stays a number where one was asked for", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 2, max: 2, idleMs: 5_000 } } });
  yard.count(routed(), 500);
  yard.clock.advance(10_000);
  await yard.deployer().wake(routed(), "curl");
  expect(running()).toBe("web: 2");
});
