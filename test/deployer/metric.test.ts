import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ada, type Contents, makeYard, production, type Yard } from "./yard.ts";

const secondMs = 1_000;
const command = "node length.js";

let yard: Yard;

beforeEach(async () => {
  // As on a cluster: that a runtime scales by processors itself has nothing to do with it.
  yard = await makeYard({ scalesByLoad: true });
});
afterEach(() => yard.close());

const metric = { command: { argv: ["node", "length.js"] }, target: 100, everyMs: 15 * secondMs };

function contents(min: number, image = "worker", more: Partial<typeof metric> = {}): Contents {
  const scale = { min, max: 5, idleMs: 60 * secondMs, metric: { ...metric, ...more } };
  return { web: { image: "one" }, worker: { image, routes: [], listens: false, scale } };
}

/** Goes a second on with each look. */
const eventually = (what: string, isSo: () => Promise<boolean> | boolean) =>
  yard.until(what, async () => {
    const found = await isSo();
    if (!found) yard.clock.advance(950);
    return found;
  });

/** From now on so much waits. */
const waits = (text: string) => void yard.runtime.prints.set(command, `${text}\n`);
const workers = () =>
  yard.runtime
    .running()
    .find((text) => text.startsWith("worker"))
    ?.slice("worker: ".length) ?? "0";
const untilWorkers = (count: number) => eventually(`there are ${count}`, () => workers() === String(count));
const status = async (environment = "production") =>
  (await yard.deployer().status({ app: "shop", environment })).services.find(({ name }) => name === "worker")!;
const untilFails = () => eventually("it fails", async () => (await status()).metric!.failure !== null);

describe("a worker with a metric command", () => {
  it("goes up with what waits, stays while there was more lately, and comes down to none and back", async () => {
    waits("0");
    await yard.deploy(contents(0));
    await untilWorkers(0);
    expect(yard.runtime.autoscaled()).toEqual([]);
    waits("asking\n320");
    await untilWorkers(4);
    waits("90000");
    await untilWorkers(5);
    waits("0");
    const fellAt = yard.clock.now();
    await untilWorkers(0);
    expect(yard.clock.now() - fellAt).toBeGreaterThanOrEqual(60 * secondMs);
    waits("1");
    await untilWorkers(1);
    expect(await status()).toMatchObject({ metric: { ...metric, backlog: 1, failure: null }, replicas: 1 });
  });

  it("is asked beside an instance where it has one, else by a task that goes with its answer", async () => {
    waits("0");
    await yard.deploy(contents(0));
    await untilWorkers(0);
    const before = yard.runtime.besides.length;
    const tasks = yard.runtime.ran.length;
    await eventually("it was asked again", () => yard.runtime.ran.length > tasks);
    expect(yard.runtime.besides).toHaveLength(before);
    expect(yard.runtime.ran.at(-1)).toMatch(/^mc-[0-9a-z]+-worker$/);
    waits("10");
    await untilWorkers(1);
    await eventually("its tasks are gone", () => yard.runtime.tasks().length === 0);
    const asked = yard.runtime.ran.length;
    const beside = yard.runtime.besides.length;
    await eventually("it was asked again", () => yard.runtime.besides.length > beside);
    expect(yard.runtime.besides.at(-1)).toMatch(/^worker-\d+: node length.js$/);
    expect(yard.runtime.ran).toHaveLength(asked);
  });

  it("stays as it is while nobody knows how much waits, and says since when and why", async () => {
    waits("250");
    await yard.deploy(contents(1));
    await untilWorkers(3);
    waits("connecting\nECONNREFUSED");
    await untilFails();
    const since = yard.clock.now();
    yard.runtime.commandFates.set(command, 3);
    yard.clock.advance(1_000 * secondMs);
    await eventually("it fails otherwise", async () => /code 3/.test((await status()).metric!.failure!.reason));
    const { metric: told } = await status();
    expect(told).toMatchObject({ backlog: 250, failure: { printed: "ECONNREFUSED", reason: "it exited with code 3" } });
    expect(told!.failure!.since).toBeLessThanOrEqual(since);
    expect(workers()).toBe("3");
    yard.runtime.commandFates.set(command, "running");
    await eventually("it takes too long", async () => /30 s/.test((await status()).metric!.failure!.reason));
    expect(workers()).toBe("3");
    yard.runtime.commandFates.delete(command);
    waits("0");
    await untilWorkers(1);
    expect((await status()).metric!.failure).toBeNull();
  });

  it("that comes with a release shows that it comes up, and has as many as the one before had", async () => {
    waits("0");
    await yard.deploy(contents(0));
    yard.runtime.fates.set("worker", "exited");
    const { done } = await yard.begin(contents(0, "broken"));
    await eventually("one is tried", () => workers() === "1");
    yard.deployer().cancel((await yard.store.operations.listRunning())[0]!.id, ada);
    expect(await done).toMatchObject({ state: "failed" });
    yard.runtime.fates.delete("worker");
    waits("400");
    await untilWorkers(4);
    await yard.deploy(contents(0, "newer"));
    await untilWorkers(4);
    const services = { web: { min: 2, max: 2 } };
    await (
      await yard.deployer().scale({ ...production, reset: false, services }, ada)
    ).done;
    expect(workers()).toBe("4");
  });

  it("is asked no more where a number is fixed, and in a preview that sleeps", async () => {
    waits("300");
    await yard.deploy(contents(0));
    await untilWorkers(3);
    const services = { worker: { min: 2, max: 2 } };
    await (
      await yard.deployer().scale({ ...production, reset: false, services }, ada)
    ).done;
    await untilWorkers(2);
    expect((await status()).metric).toBeNull();
    yard.setPreviews({ sleep: true });
    await yard.deploy(contents(0, "other"), "feature");
    expect(await status("feature")).toMatchObject({ metric: null, replicas: 1 });
    const asked = [yard.runtime.ran.length, yard.runtime.besides.length];
    yard.clock.advance(120 * secondMs);
    await new Promise(setImmediate);
    expect([yard.runtime.ran.length, yard.runtime.besides.length]).toEqual(asked);
  });

  it("runs on where the server is killed, and a task that it has left is ended", async () => {
    waits("500");
    await yard.deploy(contents(0));
    await untilWorkers(5);
    yard.runtime.turn("worker", "exited");
    yard.runtime.commandFates.set(command, "running");
    await eventually("a task runs", () => yard.runtime.tasks().includes("worker: running"));
    await yard.crash();
    yard.runtime.commandFates.delete(command);
    yard.runtime.turn("worker", "ready");
    waits("0");
    await eventually("the task is gone", () => yard.runtime.tasks().length === 0);
    expect(workers()).toBe("5");
    await untilWorkers(0);
  });

  it("is asked by another command at once where only that has changed", async () => {
    waits("0");
    await yard.deploy(contents(0));
    await untilWorkers(0);
    yard.runtime.prints.set("node other.js", "200");
    await yard.deploy(contents(0, "worker", { command: { argv: ["node", "other.js"] }, everyMs: 3_600 * secondMs }));
    await untilWorkers(2);
    expect((await status()).metric).toMatchObject({ backlog: 200, command: { argv: ["node", "other.js"] } });
  });
});
