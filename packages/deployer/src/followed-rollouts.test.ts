import { expect, it } from "vitest";
import { makeFollowedRollouts } from "./followed-rollouts.ts";

const silent = {
  waits: () => undefined,
  saw: () => undefined,
  loads: () => undefined,
  routed: () => undefined,
  settled: async () => undefined,
};
const failure = { code: "rollout.failed", message: "web did not come up", hint: null, lines: [] };

it("tells who waits once the rollout is over, and why it was given up", async () => {
  const rollouts = makeFollowedRollouts();
  const live = rollouts.follow(1, silent);
  const failed = rollouts.follow(2, silent);
  rollouts.gaveUp(2, failure);
  rollouts.endAllBut(2);
  expect(await live).toBeNull();
  expect(rollouts.progressOf(2)).toBe(silent);
  rollouts.endAllBut(null);
  expect(await failed).toBe(failure);
  expect(rollouts.progressOf(2)).toBeNull();
});

it("remembers what it abandoned until that is given up", async () => {
  const rollouts = makeFollowedRollouts();
  const waiting = rollouts.follow(3, silent);
  rollouts.abandonAll(failure);
  expect(await waiting).toBe(failure);
  expect(rollouts.abandoned(3)).toBe(failure);
  rollouts.gaveUp(3, failure);
  expect(rollouts.abandoned(3)).toBeNull();
});

it("ends each that is interrupted as it turned out", async () => {
  const rollouts = makeFollowedRollouts();
  const [live, failed] = [rollouts.follow(1, silent), rollouts.follow(2, silent)];
  await rollouts.interruptAll(async (version) => (version === 1 ? null : failure));
  expect([await live, await failed]).toEqual([null, failure]);
});
