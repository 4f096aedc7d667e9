import type { Clock, RouterPort, WorkloadLoad } from "@berth/core";
import { expect, it } from "vitest";
import { defaultPolicy } from "./deps.ts";
import { makeVisits } from "./visits.ts";

function given(load = new Map<string, WorkloadLoad>()) {
  const time = { now: 1000 };
  const clock: Clock = { now: () => time.now, sleep: () => Promise.resolve() };
  const router: RouterPort = {
    apply: () => undefined,
    load: () => load,
    requesters: () => new Map(),
    watch: () => () => undefined,
  };
  const policy = { ...defaultPolicy, visitForMs: 100, maxVisited: 2 };
  return { time, visits: makeVisits({ router, clock, policy }) };
}

const release = (version: number) => ({ version, liveAt: 1, services: [] });

it("keeps a release for a while after it was asked for", () => {
  const { time, visits } = given();
  visits.add(release(1));
  time.now += 99;
  expect(visits.current()).toMatchObject([{ version: 1, until: 1100 }]);
  time.now += 1;
  expect(visits.current()).toEqual([]);
  expect(visits.has(1)).toBe(false);
});

it("makes room for a new one by the one that was asked for least recently", () => {
  const { time, visits } = given();
  for (const version of [1, 2, 3]) {
    visits.add(release(version));
    time.now += 1;
  }
  expect(visits.current().map(({ version }) => version)).toEqual([3, 2]);
});
