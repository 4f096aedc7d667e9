import { expect, it } from "vitest";
import { runMs } from "./run-ms.ts";

const exit = { at: 3_000, code: 0, signal: null, outOfMemory: false };

it("is the time from the start to the end", () => {
  expect(runMs({ startedAt: 1_000, exit })).toBe(2_000);
});

it("is not known where nobody saw both, or both were in one second of the cluster's", () => {
  expect(runMs({ startedAt: null, exit })).toBeNull();
  expect(runMs({ startedAt: 1_000, exit: null })).toBeNull();
  expect(runMs({ startedAt: 3_000, exit })).toBeNull();
});
