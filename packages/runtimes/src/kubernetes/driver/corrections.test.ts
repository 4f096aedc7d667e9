import { expect, it } from "vitest";
import { Corrections } from "./corrections.ts";

it("puts an object back at once at first, then with growing pauses, and begins anew after a long time", () => {
  let now = 1_000_000;
  const corrections = new Corrections({ now: () => now, sleep: () => Promise.resolve() });
  expect([1, 2, 3].map(() => corrections.note("a"))).toEqual([null, null, null]);
  expect(corrections.isHeld("a")).toBe(false);
  expect(corrections.note("a")).toBe(now + 2_000);
  expect(corrections.isHeld("a")).toBe(true);
  expect(corrections.isHeld("b")).toBe(false);
  now += 2_000;
  expect(corrections.isHeld("a")).toBe(false);
  expect(corrections.note("a")).toBe(now + 4_000);
  for (let more = 0; more < 20; more++) corrections.note("a");
  expect(corrections.note("a")).toBe(now + 300_000);
  now += 600_001;
  expect(corrections.note("a")).toBeNull();
});
