import { describe, expect, it } from "vitest";
import { fraction, parseRetryAfter, pauseMs } from "./backoff.ts";

const least = { bytes: (count: number) => new Uint8Array(count) };
const most = { bytes: (count: number) => new Uint8Array(count).fill(255) };

describe("pauseMs", () => {
  it("doubles up to its limit", () => {
    const pauses = [1, 2, 3, 4, 5, 1000].map((failures) => pauseMs(failures, { firstMs: 200, mostMs: 1_000 }, most));
    expect(pauses).toEqual([200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it("is never less than half of it", () => {
    expect(pauseMs(2, { firstMs: 200, mostMs: 1_000 }, least)).toBe(200);
  });
});

describe("fraction", () => {
  it("lies between 0 and 1", () => {
    expect(fraction(least)).toBe(0);
    expect(fraction(most)).toBeGreaterThan(0.999_999);
    expect(fraction(most)).toBeLessThan(1);
  });
});

describe("parseRetryAfter", () => {
  it("reads seconds and dates", () => {
    expect(parseRetryAfter("3", 0)).toBe(3_000);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:05 GMT", 1_000)).toBe(4_000);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:05 GMT", 9_000)).toBe(0);
  });

  it("passes over what it does not understand", () => {
    expect(parseRetryAfter("soon", 0)).toBeNull();
    expect(parseRetryAfter(undefined, 0)).toBeNull();
  });
});
