import fc from "fast-check";
import { expect, it } from "vitest";
import { averageLoad, extendSeries, type LoadPoint } from "./load-series.ts";

const windowMs = 60_000;
const steps = fc.array(fc.record({ forMs: fc.integer({ min: 1, max: 5_000 }), load: fc.nat(100) }), {
  minLength: 1,
  maxLength: 200,
});

function seriesOf(loads: readonly { forMs: number; load: number }[], start = 0): readonly LoadPoint[] {
  let points = extendSeries([], { at: start, total: 0 }, windowMs);
  for (const { forMs, load } of loads) {
    const { at, total } = points.at(-1)!;
    points = extendSeries(points, { at: at + forMs, total: total + load * forMs }, windowMs);
  }
  return points;
}

it("gives the average weighted by time, with none before the first point", () => {
  const loads = [
    { forMs: 10_000, load: 6 },
    { forMs: 2_000, load: 0 },
    { forMs: 3_000, load: 10 },
  ];
  const points = seriesOf(loads);
  expect(averageLoad(points, 60_000)).toBe(90_000 / 60_000);
  expect(averageLoad(points, 15_000)).toBe(90_000 / 15_000);
  expect(averageLoad(points, 4_000)).toBe(30_000 / 4_000);
  expect(averageLoad(points, 7_000)).toBe((2_000 * 6 + 30_000) / 7_000);
  expect(averageLoad([], 60_000)).toBe(0);
});

it("is the load itself where that has been even for a window, and never more than the most or less than none", () => {
  fc.assert(
    fc.property(steps, fc.nat(100), (loads, load) => {
      const points = seriesOf([...loads, ...Array.from({ length: 70 }, () => ({ forMs: 1_000, load }))]);
      expect(averageLoad(points, windowMs)).toBeCloseTo(load, 6);
      const most = Math.max(...loads.map((each) => each.load));
      const average = averageLoad(seriesOf(loads), windowMs);
      expect(average).toBeGreaterThanOrEqual(0);
      expect(average).toBeLessThanOrEqual(most + 1e-9);
    }),
  );
});

it("takes a bounded room however often it is read, and stays as good as exact", () => {
  const often = Array.from({ length: 20_000 }, (_, index) => ({ forMs: 7, load: index % 2 }));
  const points = seriesOf(often);
  expect(points.length).toBeLessThan(260);
  expect(averageLoad(points, windowMs)).toBeCloseTo(0.5, 2);
});

it("begins anew where the clock was set back", () => {
  const points = seriesOf([{ forMs: 1_000, load: 50 }], 1_000_000);
  expect(extendSeries(points, { at: 5, total: 60_000 }, windowMs)).toEqual([{ at: 5, total: 60_000 }]);
});
