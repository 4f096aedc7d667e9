import { afterEach, beforeEach, expect, it } from "vitest";
import { ada, makeYard, production, type Yard } from "./yard.ts";

let yard: Yard;

beforeEach(async () => {
  yard = await makeYard({ scalesByLoad: true });
});
afterEach(() => yard.close());

const byLoad = (image: string) => ({ web: { image, scale: { min: 1, max: 5, idleMs: 1_000, cpuPercent: 70 } } });

async function scale(min: number, max: number) {
  const services = { web: { min, max } };
  return await (
    await yard.deployer().scale({ ...production, reset: false, services }, ada)
  ).done;
}

/** The runtime finds that so many are needed. */
async function load(replicas: number) {
  await yard.runtime.scale(yard.runtime.known().at(-1)!, replicas);
}

const untilIs = (running: string, autoscaled: string) =>
  yard.until(
    `${running} run, and ${autoscaled || "nothing"} is scaled by load`,
    () => yard.runtime.running().join() === running && yard.runtime.autoscaled().join() === autoscaled,
  );

it("hands to the runtime what is live and scaled by load, and takes it back before it is kept warm", async () => {
  await yard.deploy(byLoad("one"));
  await untilIs("web: 1", "web: 1 to 5");
  await load(4);
  expect(await yard.deploy(byLoad("two"))).toMatchObject({ state: "succeeded" });
  // The new one came up with as many, and is the only one that is scaled.
  await untilIs("web: 1,web: 4", "web: 1 to 5");
  await load(2);
  expect(await yard.rollback()).toMatchObject({ state: "succeeded" });
  await untilIs("web: 1,web: 2", "web: 1 to 5");
});

it("moves its bounds at once, and ends where a number is fixed", async () => {
  await yard.deploy(byLoad("one"));
  await untilIs("web: 1", "web: 1 to 5");
  await load(4);
  expect(await scale(2, 3)).toMatchObject({ state: "succeeded" });
  await untilIs("web: 3", "web: 2 to 3");
  expect(await scale(6, 6)).toMatchObject({ state: "succeeded" });
  await untilIs("web: 6", "");
  await scale(1, 8);
  await untilIs("web: 6", "web: 1 to 8");
});
