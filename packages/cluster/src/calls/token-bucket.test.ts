import { describe, expect, it } from "vitest";
import { takeToken } from "./token-bucket.ts";
import type { Bucket } from "./token-bucket.ts";

const limit = { perSecond: 50, burst: 3 };

/** How long each of so many calls at one moment waits. */
function waits(bucket: Bucket, now: number, count: number): { waitsMs: number[]; bucket: Bucket } {
  const waitsMs: number[] = [];
  for (let call = 0; call < count; call++) {
    const taken = takeToken(bucket, now, limit);
    waitsMs.push(taken.waitMs);
    bucket = taken.bucket;
  }
  return { waitsMs, bucket };
}

describe("takeToken", () => {
  it("lets a burst through at once and the rest one by one in their order", () => {
    expect(waits({ tokens: 3, at: 0 }, 0, 6).waitsMs).toEqual([0, 0, 0, 20, 40, 60]);
  });

  it("fills up with time, and no further than the burst", () => {
    const { bucket } = waits({ tokens: 3, at: 0 }, 0, 3);
    expect(waits(bucket, 40, 3).waitsMs).toEqual([0, 0, 20]);
    expect(waits(bucket, 3_600_000, 4).waitsMs).toEqual([0, 0, 0, 20]);
  });

  it("neither gives nor takes where the clock is set back", () => {
    expect(waits({ tokens: 1, at: 10_000 }, 0, 2).waitsMs).toEqual([0, 20]);
  });
});
