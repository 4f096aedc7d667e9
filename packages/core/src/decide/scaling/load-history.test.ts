import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LoadCounter } from "../../routing.ts";
import { addMeasured, beginAnew, countRequests, type LoadHistory } from "./load-history.ts";
import { averageLoad } from "./load-series.ts";

const windowMs = 60_000;

function counter(router: string, at: number, parts: Partial<LoadCounter> = {}): LoadCounter {
  return { router, at, requests: 0, busyMs: 0, inFlight: 0, ...parts };
}

function count(readings: readonly (readonly [number, readonly LoadCounter[]])[]): LoadHistory {
  return readings.reduce<LoadHistory | null>(
    (history, [now, read]) => countRequests(history, read, now, windowMs),
    null,
  )!;
}

describe("requests counted by routers", () => {
  it("come to one average, of what each has counted since it was first heard of", () => {
    const history = count([
      [0, [counter("a", 0, { busyMs: 5_000_000, requests: 900 })]],
      [10_000, [counter("a", 10_000, { busyMs: 5_020_000, requests: 920 }), counter("b", 10_000, { busyMs: 77_000 })]],
      [20_000, [counter("a", 20_000, { busyMs: 5_050_000, requests: 950 }), counter("b", 20_000, { busyMs: 87_000 })]],
    ]);
    expect(averageLoad(history.points, 20_000)).toBe(60_000 / 20_000);
  });

  it("grow by what is in flight while a router says nothing, and are put right when it does", () => {
    const silent = [counter("a", 0, { requests: 4, inFlight: 4 })];
    const before = count([
      [0, silent],
      [3_000, silent],
    ]);
    expect(averageLoad(before.points, 3_000)).toBe(4);
    // Three of them had ended at once.
    const after = countRequests(
      before,
      [counter("a", 4_000, { requests: 4, inFlight: 1, busyMs: 4_000 })],
      4_000,
      windowMs,
    );
    expect(averageLoad(after.points, 4_000)).toBe(1);
  });

  it("lose nothing with a router that begins anew or is gone", () => {
    const history = count([
      [0, [counter("a", 0, { inFlight: 2, requests: 2 })]],
      [1_000, [counter("a", 1_000, { inFlight: 2, requests: 2, busyMs: 2_000 })]],
      [2_000, [counter("a", 2_000, { inFlight: 1, requests: 1, busyMs: 500 })]],
      [3_000, []],
    ]);
    expect(averageLoad(history.points, 3_000)).toBe(2_500 / 3_000);
    expect(history.now).toBe(0);
  });

  it("are even since a request came or ended last, whoever had it", () => {
    const read = (at: number, inFlight: number, requests: number) => [counter("a", at, { inFlight, requests })];
    const history = count([
      [0, read(0, 1, 1)],
      [1_000, read(0, 1, 1)],
      [2_000, read(2_000, 1, 2)],
      [9_000, read(9_000, 1, 2)],
    ]);
    expect(history.evenSince).toBe(2_000);
    expect(countRequests(history, [], 9_500, windowMs).evenSince).toBe(9_500);
  });

  it("never average to less than none or more than was in flight, whatever routers come, begin anew and go", () => {
    const router = fc.constantFrom("a", "b", "c");
    const change = fc.record({
      router,
      enters: fc.nat(5),
      forMs: fc.integer({ min: 1, max: 9_000 }),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const routers = new Map<string, LoadCounter>();
        let history: LoadHistory | null = null;
        let now = 0;
        let most = 0;
        for (const { router: name, enters, forMs, ends } of changes) {
          const known = routers.get(name) ?? counter(name, now);
          const busyMs = known.busyMs + known.inFlight * (now - known.at);
          if (ends) routers.delete(name);
          else
            routers.set(name, { router: name, at: now, busyMs, requests: known.requests + enters, inFlight: enters });
          history = countRequests(history, [...routers.values()], now, windowMs);
          most = Math.max(most, history.now);
          now += forMs;
          history = countRequests(history, [...routers.values()], now, windowMs);
          for (const window of [6_000, windowMs]) {
            const average = averageLoad(history.points, window);
            expect(average).toBeGreaterThanOrEqual(0);
            expect(average).toBeLessThanOrEqual(most + 1e-9);
          }
        }
      }),
    );
  });
});

it("a load that is measured counts for the time since the last measurement", () => {
  let history = addMeasured(null, 700, 0, windowMs);
  history = addMeasured(history, 100, 1_000, windowMs);
  history = addMeasured(history, 300, 2_000, windowMs);
  expect(averageLoad(history.points, 2_000)).toBe(200);
  expect(averageLoad(beginAnew(history).points, 2_000)).toBe(0);
});
