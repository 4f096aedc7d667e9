import { describe, expect, it } from "vitest";
import { countWrong, type Flip } from "./judge-flips.ts";
import type { OpenLoopResult } from "./open-loop.ts";

const flips: Flip[] = [
  { text: "one", askedAt: 0, acknowledgedAt: 0 },
  { text: "two", askedAt: 10, acknowledgedAt: 20 },
  { text: "one", askedAt: 30, acknowledgedAt: 40 },
];

/** Requests, each with when it began and ended, and what it was answered. */
function resultOf(...requests: [began: number, ended: number, answer: string | null][]): OpenLoopResult {
  const texts = [...new Set(requests.flatMap(([, , answer]) => answer ?? []))];
  const began = Float64Array.from(requests.map(([at]) => at));
  const ended = Float64Array.from(requests.map(([, at]) => at));
  const answers = Int32Array.from(requests.map(([, , answer]) => (answer === null ? -1 : texts.indexOf(answer))));
  return { due: began, began, ended, answers, texts };
}

describe("an answer", () => {
  it("is of the version that was acknowledged last", () => {
    expect(countWrong(flips, resultOf([1, 2, "200 one"], [21, 22, "200 two"], [41, 42, "200 one"]))).toBe(0);
    expect(countWrong(flips, resultOf([1, 2, "200 two"], [21, 22, "200 one"], [41, 42, "200 two"]))).toBe(3);
  });

  it("may be of one that was asked for before it came", () => {
    expect(countWrong(flips, resultOf([5, 15, "200 two"], [5, 35, "200 two"], [25, 31, "200 one"]))).toBe(0);
    expect(countWrong(flips, resultOf([5, 9, "200 two"], [21, 29, "200 one"]))).toBe(2);
  });

  it("may be of the older one as long as the newer one is not acknowledged when its request begins", () => {
    expect(countWrong(flips, resultOf([19, 50, "200 one"], [39, 60, "200 two"]))).toBe(0);
    expect(countWrong(flips, resultOf([20, 25, "200 one"], [40, 60, "200 two"]))).toBe(2);
  });

  it("is judged by when its request began, not by when it was due", () => {
    expect(countWrong(flips, resultOf([21, 22, "200 one"], [1, 2, "200 one"]))).toBe(1);
  });

  it("that is none, or a failure, is not of a wrong version", () => {
    expect(countWrong(flips, resultOf([1, 2, null], [1, 2, "503 one"], [1, 2, "failed: closed"]))).toBe(0);
  });
});
