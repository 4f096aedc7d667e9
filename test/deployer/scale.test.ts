import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScaleChange } from "../../packages/core/src/index.ts";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
});
afterEach(() => yard.close());

const both = (image: string) => ({ web: { image }, worker: { image: "worker" } });
const fixed = (count: number) => ({ min: count, max: count });

async function scale(services: ScaleChange["services"], reset = false, scope = production) {
  return await (
    await yard.deployer().scale({ ...scope, services, reset }, ada)
  ).done;
}

const running = (...expected: string[]) =>
  yard.until(`${expected.join(", ")} run`, () => yard.runtime.running().join() === expected.join());

describe("a change of scale", () => {
  it("is a release with the same images, which holds at once", async () => {
    await yard.deploy(both("one"));
    const known = yard.runtime.known();
    expect(await scale({ web: fixed(3) })).toMatchObject({ kind: "scale", state: "succeeded", version: 2 });
    await running("web: 3", "worker: 1");
    expect(yard.runtime.known()).toEqual(known);
    expect(await yard.store.releases.get(production, 2)).toMatchObject({
      kind: "scale",
      carries: 1,
      state: "live",
      snapshot: { scales: { web: fixed(3) } },
    });
    expect(yard.published).toEqual([1, 2]);
    await scale({ web: fixed(1), worker: fixed(0) });
    await running("web: 1");
  });

  it("stays through deploys and rollbacks, until it is taken back", async () => {
    await yard.deploy(both("one"));
    await scale({ web: fixed(2) });
    await yard.deploy({ ...both("two"), web: { image: "two", scale: { min: 1, max: 8, idleMs: 1 } } });
    await yard.until("two run", async () => (await webs()) === 2);
    await yard.rollback();
    // Not to the release that only has another scale.
    expect(await yard.store.releases.get(production, 4)).toMatchObject({ kind: "rollback", carries: 1 });
    await yard.until("two run", async () => (await webs()) === 2);
    expect(await scale({}, true)).toMatchObject({ state: "succeeded", version: 5 });
    await yard.until("one runs", async () => (await webs()) === 1);
    expect((await yard.store.releases.get(production, 5))!.snapshot).toEqual(
      (await yard.store.releases.get(production, 1))!.snapshot,
    );
  });

  it("takes no place from what a rollback goes back to at once", async () => {
    await yard.deploy(both("one"));
    await yard.deploy(both("two"));
    for (const count of [2, 3, 2]) await scale({ web: fixed(count) });
    await running("web: 1", "web: 2", "worker: 1");
    expect(await yard.rollback()).toMatchObject({ version: 6, state: "succeeded" });
    expect(await yard.store.releases.get(production, 6)).toMatchObject({ carries: 1 });
  });

  it("is of one environment", async () => {
    await yard.deploy(both("one"));
    await yard.deploy(both("one"), "try");
    await scale({ web: fixed(2) }, false, { app: "shop", environment: "try" });
    expect((await yard.store.releases.get(production, 1))!.snapshot.scales).toBeUndefined();
    expect(await yard.pointers()).toEqual({ live: 1, desired: 1 });
  });

  it("makes no release where it holds already", async () => {
    await yard.deploy(both("one"));
    await scale({ web: fixed(2) });
    expect(await scale({ web: fixed(2) })).toMatchObject({ state: "succeeded", version: null });
    expect(await yard.pointers()).toEqual({ live: 2, desired: 2 });
  });

  it("is refused at once where it cannot be", async () => {
    await expect(scale({ web: fixed(2) })).rejects.toMatchObject({ code: "environment.not-found" });
    await yard.deploy(both("one"));
    await expect(scale({ wep: fixed(2) })).rejects.toMatchObject({ code: "not-found", hint: "It has web, worker." });
    await expect(scale({ web: { min: 3, max: 1 } })).rejects.toMatchObject({ code: "input.invalid" });
    expect(await yard.store.operations.list({}, { limit: 10 })).toHaveLength(1);
  });

  it("says what it is on top of, and what has no effect here", async () => {
    await yard.deploy({ web: { image: "one", scale: { min: 1, max: 8, idleMs: 1, cpuPercent: 70 } } });
    const { id } = await scale({ web: { min: 2 } });
    const textsOf = async (operation: string) =>
      (await yard.store.operations.events(operation, 0)).map(({ text }) => text);
    const texts = await textsOf(id);
    expect(texts).toContain("scale 2 to 8, at 70% cpu by berth scale; berth.yaml has 1 to 8, at 70% cpu");
    await yard.deploy(both("two"));
    expect(await textsOf((await scale({ web: { min: 1, max: 5 }, worker: { min: 0, max: 5 } })).id)).toEqual(
      expect.arrayContaining([
        "scale 1 to 5, about 70 requests each by berth scale; berth.yaml has 1",
        "max 5 has no effect: it takes no requests that could wake it, so none runs. Let at least one run: berth scale worker --min 1",
      ]),
    );
  });
});

async function webs() {
  const { services } = await yard.deployer().status(production);
  return services.find(({ name }) => name === "web")?.replicas;
}
