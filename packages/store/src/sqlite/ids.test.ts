import { expect, test } from "vitest";
import { makeTestClock, testRandom } from "../conformance/fixtures.ts";
import { makeIds } from "./ids.ts";

const zeros = { bytes: (count: number) => new Uint8Array(count) };

test("an id is the time and the randomness in Crockford's base 32", () => {
  // The example of the specification.
  const clock = makeTestClock();
  clock.time = 1_469_918_176_385;
  expect(makeIds({ clock, random: zeros }, null)()).toBe("01aryz6s410000000000000000");
});

test("ids go up within a millisecond and after those of an earlier run", () => {
  const clock = makeTestClock();
  const make = makeIds({ clock, random: zeros }, null);
  const [first, second] = [make(), make()];
  expect(second > first).toBe(true);
  clock.time -= 1000;
  const third = makeIds({ clock, random: testRandom }, second)();
  expect(third > second).toBe(true);
});

test("later ids sort after earlier ones", () => {
  const clock = makeTestClock();
  const make = makeIds({ clock, random: testRandom }, null);
  const ids = Array.from({ length: 100 }, () => {
    clock.time += 1;
    return make();
  });
  expect(ids.toSorted()).toEqual(ids);
});
