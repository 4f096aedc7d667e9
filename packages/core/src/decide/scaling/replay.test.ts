import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type LoadTrace, replay } from "./replay.ts";
import { defaultScalingRules } from "./rules.ts";

const second = 1_000;
const scale = { min: 0, max: 20, concurrency: 20, idleMs: 60 * second };

function read(name: string): LoadTrace {
  return JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8")) as LoadTrace;
}

/** For how many seconds instances had more than their concurrency, how often the number fell, and the most of it. */
describe.each([
  ["step", { short: 16, falls: 15, most: 19 }],
  ["spike", { short: 9, falls: 4, most: 20 }],
  ["burst", { short: 8, falls: 0, most: 6 }],
  ["ramp", { short: 16, falls: 0, most: 16 }],
  ["diurnal", { short: 9, falls: 8, most: 11 }],
])("a recorded %s", (name, expected) => {
  const steps = replay(read(name), scale, 2 * second, defaultScalingRules);
  const before = (index: number) => steps[index - 1]?.desired ?? 0;

  it("is followed so", () => {
    const short = steps.filter(({ inFlight, ready }) => inFlight > ready * scale.concurrency).length;
    const falls = steps.filter(({ desired }, index) => desired < before(index)).length;
    expect({ short, falls, most: Math.max(...steps.map(({ desired }) => desired)) }).toEqual(expected);
  });

  it("never asks for more than may be, or for none while there are requests", () => {
    expect(Math.max(...steps.map(({ desired }) => desired))).toBeLessThanOrEqual(scale.max);
    expect(steps.filter(({ inFlight, desired }) => inFlight > 0 && desired === 0)).toEqual([]);
  });

  it("takes nothing away within a minute of having asked for it", () => {
    for (const [index, { atMs, desired }] of steps.entries()) {
      const lately = steps.slice(0, index).filter((step) => step.atMs > atMs - scale.idleMs);
      const least = Math.min(...lately.map((step) => step.desired), desired);
      const rose = lately.some((step, at) => step.desired > (lately[at - 1]?.desired ?? step.desired));
      expect(rose && desired < before(index) && desired < least).toBe(false);
    }
  });
});

it("wakes with one instance under any load, and follows that once it is ready", () => {
  const trace = { about: "", everyMs: second, requests: [400], busyMs: Array.from({ length: 30 }, () => 300 * second) };
  const steps = replay(trace, scale, 8 * second, defaultScalingRules);
  expect(steps.slice(0, 9).map(({ desired }) => desired)).toEqual(Array.from({ length: 9 }, () => 1));
  expect(steps.at(-1)!.desired).toBe(20);
});

it("sleeps exactly when nothing came for idle", () => {
  const busyMs = Array.from({ length: 120 }, (_, index) => (index < 20 ? 40 * second : 0));
  const steps = replay({ about: "", everyMs: second, requests: [], busyMs }, scale, 0, defaultScalingRules);
  expect(steps.findLast(({ desired }) => desired > 0)!.atMs).toBe(79 * second);
  expect(steps.find(({ desired }) => desired === 0)!.atMs).toBe(80 * second);
});
