import { type Environment, hasCode, type Release } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, makeSnapshot, origin, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

/** A small generator with a seed, so that a failure can be repeated (mulberry32). */
function makeDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** Whether the pointers and the states of the releases say the same. */
function checkConsistent(environment: Environment, releases: readonly Release[]): void {
  const inState = (state: Release["state"]) => releases.filter((release) => release.state === state);
  expect(inState("live").map(({ version }) => version)).toEqual(environment.live === null ? [] : [environment.live]);
  for (const { version } of inState("superseded")) expect(version).toBeLessThan(environment.live ?? 0);
  const desired = releases.find(({ version }) => version === environment.desired);
  expect(environment.desired === null || desired?.state === "live" || desired?.state === "pending").toBe(true);
}

export function testInterleavings(given: Given): void {
  test.each([1, 2, 3, 4, 5])("pointers and releases agree however deploys interleave (seed %i)", async (seed) => {
    const roll = makeDice(seed);
    await givenEnvironment(given.store);
    const { releases, environments, operations } = given.store;
    const versions = new Set<number>();
    const revisions: number[] = [];
    const accepted = { create: 0, promote: 0 };

    const current = async () => (await environments.get(production.app, production.environment))!;
    // Some have seen the environment as it is, some as it was.
    const seen = async () => (roll(4) === 0 ? (revisions.at(-1 - roll(3)) ?? 0) : (await current()).revision);
    const someVersion = async () => (roll(3) === 0 ? roll(versions.size + 2) : ((await current()).desired ?? 1));
    const refused = (error: unknown) => {
      if (!hasCode(error, "conflict") && !hasCode(error, "release.not-found")) throw error;
    };

    async function deploy() {
      const revision = await seen();
      const { id } = await operations.start({ ...production, kind: "deploy" }, ada);
      const wanted = { ...production, kind: "deploy" as const, carries: null, snapshot: makeSnapshot("web"), origin };
      const { release } = await releases.create({ ...wanted, operation: id }, revision, ada);
      expect(versions.has(release.version)).toBe(false);
      versions.add(release.version);
      accepted.create += 1;
    }
    async function promote() {
      const [version, revision] = [await someVersion(), await seen()];
      const { environment } = await releases.promote({ ...production, version, ref: null }, revision, ada);
      expect(environment.live).toBe(version);
      accepted.promote += 1;
    }
    const fail = async () => releases.fail({ ...production, version: await someVersion(), reason: "no" }, ada);
    const prune = async () => releases.prune(production, roll(4), []).then(() => undefined);
    const steps = [deploy, deploy, promote, promote, fail, prune];

    for (let round = 0; round < 120; round += 1) {
      // One alone gets on; of several at once most are refused.
      await Promise.all(Array.from({ length: 1 + roll(3) }, () => steps[roll(steps.length)]!().catch(refused)));
      const environment = await current();
      expect(environment.revision).toBeGreaterThanOrEqual(revisions.at(-1) ?? 0);
      revisions.push(environment.revision);
      checkConsistent(environment, await releases.list(production, { limit: 1000 }));
    }
    expect(accepted.create).toBeGreaterThan(1);
    expect(accepted.promote).toBeGreaterThan(1);
  });
}
