import { expect, it } from "vitest";
import { choosePrepared } from "./choose-prepared.ts";
import type { Sleeper } from "./choose-prepared.ts";

const sleeper = (id: string, changes: Partial<Sleeper> = {}): Sleeper => ({
  id,
  place: id,
  isAsleep: true,
  wokenAt: 1,
  sleptAt: 2,
  ...changes,
});

it("chooses what sleeps, and nothing that runs", () => {
  expect(choosePrepared([sleeper("a"), sleeper("b", { isAsleep: false })], 9)).toEqual(["a"]);
});

it("chooses of a service the release that ran last, also where an older one fell asleep after that", () => {
  const old = sleeper("old", { place: "web", wokenAt: 1, sleptAt: 9 });
  expect(choosePrepared([old, sleeper("new", { place: "web", wokenAt: 5, sleptAt: 6 })], 9)).toEqual(["new"]);
  expect(choosePrepared([old, sleeper("new", { place: "web", wokenAt: 5, isAsleep: false })], 9)).toEqual([]);
});

it("chooses those that fell asleep last where there are too many", () => {
  const all = [1, 4, 3, 2].map((sleptAt) => sleeper(`at-${sleptAt}`, { sleptAt }));
  expect(choosePrepared(all, 2)).toEqual(["at-4", "at-3"]);
});
