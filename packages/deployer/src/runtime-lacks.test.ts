import { expect, test } from "vitest";
import { runtimeLacks } from "./runtime-lacks.ts";

const byLoad = { scale: { min: 2, max: 10, idleMs: 300_000, cpuPercent: 70 } };
const fixed = { scale: { min: 2, max: 2, idleMs: 300_000 } };

test("a scale by load is told to have no effect where the runtime does not scale by it", () => {
  expect(runtimeLacks(byLoad, { name: "docker", scalesByLoad: false })).toEqual([
    "scale.cpu has no effect: the runtime docker does not scale by load, so 2 instances run",
  ]);
});

test("nothing is told where the runtime has all that is asked for", () => {
  expect(runtimeLacks(byLoad, { name: "kubernetes", scalesByLoad: true })).toEqual([]);
  expect(runtimeLacks(fixed, { name: "docker", scalesByLoad: false })).toEqual([]);
});
