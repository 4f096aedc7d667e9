import { describe, expect, it } from "vitest";
import { makeRatio, makeTable, type Quantity } from "./quantities.ts";

/** The cells of one quantity's row, as they are read. */
function rowOf(quantity: Quantity): string[] {
  return makeTable([quantity]).split("\n")[1]!.trim().split(/ {2,}/);
}

const latency: Quantity = { what: "latency", values: [1, 2, 3, 40], unit: "ms", floor: null, goal: {} };

describe("a goal", () => {
  it("is an upper bound that may be reached, unless it is said to be a lower one", () => {
    expect(rowOf({ ...latency, goal: { p50: 3 } }).slice(-2)).toEqual(["p50 ≤ 3 ms", "reached"]);
    expect(rowOf({ ...latency, goal: { p50: 2 } }).slice(-2)).toEqual(["p50 ≤ 2 ms", "MISSED"]);
    expect(rowOf({ ...latency, goal: { p50: 3 }, bound: "least" }).slice(-2)).toEqual(["p50 ≥ 3 ms", "reached"]);
    expect(rowOf({ ...latency, goal: { p50: 4 }, bound: "least" }).slice(-2)).toEqual(["p50 ≥ 4 ms", "MISSED"]);
  });

  it("is missed where one of its bounds is", () => {
    expect(rowOf({ ...latency, goal: { p50: 3, p99: 39 } }).slice(-2)).toEqual(["p50 ≤ 3 ms, p99 ≤ 39 ms", "MISSED"]);
  });
});

it("compares contenders within each round", () => {
  const ratio = makeRatio("berth / nginx", [10, 200, 30], [20, 200, 20], { goal: { p50: 0.9 }, bound: "least" });
  expect(ratio.values).toEqual([0.5, 1, 1.5]);
  expect(rowOf(ratio)).toEqual(["berth / nginx", "3", "1.00", "1.50", "1.50", "p50 ≥ 0.9 ×", "reached"]);
});

it("counts in whole numbers", () => {
  expect(rowOf({ what: "lost", values: [0], unit: "", floor: null, goal: { p50: 0 } })).toEqual([
    "lost",
    "1",
    "0",
    "p50 ≤ 0",
    "reached",
  ]);
});
