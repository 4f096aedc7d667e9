import { afterEach, beforeEach, expect, it } from "vitest";
import type { Digest } from "../../packages/core/src/index.ts";
import { ada, makeYard, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard();
  yard.runtime.descriptor.needsBase = true;
});
afterEach(() => yard.close());

/** The base of all that is deployed here, and what its name stands for. */
const base = "none";
const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const pinned = async () => (await yard.store.bases.get(base))?.digest ?? null;

it("pins a base once a release on it is live, and stays with it", async () => {
  yard.registry.set(base, digest("a"));
  expect(await yard.deploy({ web: { image: "one" } })).toMatchObject({ state: "succeeded" });
  expect(await pinned()).toBe(digest("a"));
  yard.registry.set(base, digest("b"));
  expect(await yard.deploy({ web: { image: "two" } })).toMatchObject({ state: "succeeded" });
  expect(await pinned()).toBe(digest("a"));
});

it("pins nothing that a release could not run on: the next deploy asks again", async () => {
  yard.registry.set(base, digest("a"));
  yard.faults.at("runtime.ensure", "before", { throws: new Error("no such program") });
  expect(await yard.deploy({ web: { image: "one" } })).toMatchObject({ state: "failed" });
  expect(await pinned()).toBeNull();
  yard.registry.set(base, digest("b"));
  expect(await yard.deploy({ web: { image: "two" } })).toMatchObject({ state: "succeeded" });
  expect(await pinned()).toBe(digest("b"));
});

it("stands on what is pinned already, whoever did it", async () => {
  await yard.store.bases.pin(base, digest("c"), ada);
  yard.registry.set(base, digest("a"));
  await yard.deploy({ web: { image: "one" } });
  const artifact = await yard.store.artifacts.findByKey("one");
  expect([artifact?.provenance.plan.base.digest, await pinned()]).toEqual([digest("c"), digest("c")]);
});
