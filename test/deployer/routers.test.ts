import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BerthError } from "../../packages/core/src/index.ts";
import { ada, makeYard, type Yard } from "./yard.ts";

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
  const applied = Promise.withResolvers<readonly string[]>();
  yard.setApplied(applied.promise);
  const { id, done } = await yard.begin({ web: { image: "two", scale } });
  let isOver = false;
  void done.then(() => (isOver = true));
  await yard.until("it is live", async () => (await yard.pointers()).live === 2);
  await pass(2_000);
  expect(running()).toBe("web: 2,web: 2");
  expect(isOver).toBe(false);
  applied.resolve(["lost"]);
  expect((await done).state).toBe("succeeded");
  const events = await yard.store.operations.events(id, 0);
  expect(events.filter(({ phase }) => phase === "route").map(({ text }) => text)).toEqual([
    "router lost does not answer, and may serve the release before until it does",
  ]);
  await yard.until("one is warm", () => running() === "web: 1,web: 2");
});

it("sends nothing to an instance that is being stopped", async () => {
  const scale = { min: 2, max: 2, idleMs: minuteMs };
  await yard.deploy({ web: { image: "one", scale } });
  const stop = yard.runtime.scale.bind(yard.runtime);
  /** Where requests went while the runtime was asked to stop instances. */
  const routed: string[][] = [];
  yard.runtime.scale = async (id, replicas) => {
    if (replicas < 2) {
      const instances = yard.table().workloads.get(id)?.instances ?? [];
      routed.push(instances.filter(({ draining }) => !draining).map((instance) => instance.id));
    }
    await stop(id, replicas);
  };
  const one = { web: { min: 1, max: 1 } };
  await (
    await yard.deployer().scale({ app: "shop", environment: "production", reset: false, services: one }, ada)
  ).done;
  await yard.until("one runs", () => running() === "web: 1");
  expect(routed).toEqual([["web-1"]]);
});

it("wakes what sleeps though a router does not answer", async () => {
  await yard.deploy({ web: { image: "one", scale: { min: 0, max: 1, idleMs: minuteMs } } });
  yard.clock.advance(minuteMs);
  await yard.until("it sleeps", () => running() === "");
  yard.setApplied(new Promise(() => undefined));
  await yard.deployer().wake([...yard.table().workloads.keys()][0]!, "curl");
  expect(running()).toBe("web: 1");
});

it("says at a start what it cannot read yet, so that routers keep it", async () => {
  await yard.deploy({ web: { image: "one" } });
  yard.faults.at("runtime.observe", "before", { throws: new BerthError("engine.unreachable", "It is away.") }, 2);
  await yard.crash();
  expect(yard.table().unread).toEqual([{ app: "shop", environment: "production" }]);
  expect(yard.table().hosts.size).toBe(0);
  await yard.until("it is read", () => yard.table().hosts.size === 1);
  expect(yard.table().unread).toEqual([]);
});
