import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeYard, type Yard } from "./yard.ts";

const minuteMs = 60_000;

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const running = () => yard.runtime.running().join();

/** Lets a few looks happen. */
async function pass(ms: number) {
  for (let left = ms; left > 0; left -= 50) {
    yard.clock.advance(50);
    await sleep(2);
  }
}

it("takes no instance away, and ends no deploy, while a router may route by an older table", async () => {
  const scale = { min: 2, max: 2, idleMs: minuteMs };
  await yard.deploy({ web: { image: "one", scale } });
  const applied = Promise.withResolvers<void>();
  yard.setApplied(applied.promise);
  const { done } = await yard.begin({ web: { image: "two", scale } });
  let isOver = false;
  void done.then(() => (isOver = true));
  await yard.until("it is live", async () => (await yard.pointers()).live === 2);
  await pass(2_000);
  expect(running()).toBe("web: 2,web: 2");
  expect(isOver).toBe(false);
  applied.resolve();
  expect((await done).state).toBe("succeeded");
  await yard.until("one is warm", () => running() === "web: 1,web: 2");
});

it("wakes what sleeps though a router does not answer", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } } });
  yard.clock.advance(minuteMs);
  await yard.until("it sleeps", () => running() === "");
  yard.setApplied(new Promise(() => undefined));
  await yard.deployer().wake([...yard.table().workloads.keys()][0]!);
  expect(running()).toBe("web: 1");
});
