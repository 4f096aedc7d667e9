import { expect, it } from "vitest";
import { isSpare, makeLimitParts, quotaOf } from "./limit-parts.ts";

it("comes to exactly the limit, however many processes there are", () => {
  for (const processes of [2, 3, 4, 7, 16, 64, 200]) {
    for (const limit of [...Array.from({ length: 500 }, (_, at) => at + 1), 5_000, 19_999, 50_000]) {
      const parts = makeLimitParts(limit, processes);
      const all = Array.from({ length: parts.count }, (_, part) => part);
      expect(parts.base * (processes - 1) + quotaOf(parts, all)).toBe(limit);
      expect(parts.last).toBeGreaterThan(0);
      expect(parts.count).toBeLessThanOrEqual(64);
    }
  }
});

it("gives back what is not used, and not what the next request would claim again", () => {
  const parts = makeLimitParts(5_000, 4);
  expect(parts).toEqual({ base: 625, size: 40, count: 63, last: 20 });
  expect(isSpare(parts, quotaOf(parts, [0]), 665)).toBe(false);
  expect(isSpare(parts, quotaOf(parts, [0]), 626)).toBe(false);
  expect(isSpare(parts, quotaOf(parts, [0]), 625)).toBe(true);
  expect(isSpare(parts, quotaOf(parts, [0, 1]), 664)).toBe(false);
  expect(isSpare(parts, quotaOf(parts, [0, 1]), 645)).toBe(true);
});

it("leaves nobody with more than is used of a small limit", () => {
  const parts = makeLimitParts(3, 4);
  expect(parts).toEqual({ base: 0, size: 1, count: 3, last: 1 });
  expect(isSpare(parts, quotaOf(parts, [0, 1]), 1)).toBe(true);
  expect(isSpare(parts, quotaOf(parts, [0]), 1)).toBe(false);
});
