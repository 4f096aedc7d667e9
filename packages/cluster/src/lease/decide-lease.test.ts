import { describe, expect, it } from "vitest";
import { decideLease } from "./decide-lease.ts";
import { microTime } from "../objects/micro-time.ts";
import { makeSpec, readRecord } from "./lease-record.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { longestBetween, shortestBetween } from "./moment.ts";

const record: LeaseRecord = {
  holder: "other",
  labels: {},
  durationMs: 15_000,
  transitions: 2,
  acquiredAt: "2026-01-01T00:00:00.000000Z",
  resourceVersion: "7",
};

describe("decideLease", () => {
  it("makes what is not there, and takes what nobody holds or is its own", () => {
    expect(decideLease(null, "me")).toEqual({ kind: "make" });
    for (const holder of [null, "me"])
      expect(decideLease({ record: { ...record, holder }, unchangedMs: 0 }, "me")).toEqual({ kind: "take" });
  });

  it("leaves another's alone until it was seen unchanged for as long as that one has said", () => {
    expect(decideLease({ record, unchangedMs: 14_999 }, "me")).toEqual({ kind: "wait", holder: "other" });
    expect(decideLease({ record, unchangedMs: 15_000 }, "me")).toEqual({ kind: "take" });
  });
});

describe("makeSpec", () => {
  it("counts how often it went to another, and keeps since when it is held", () => {
    const now = Date.parse("2026-01-01T00:01:00Z");
    const taken = makeSpec({ identity: "me", durationMs: 15_000, now }, record);
    expect(taken).toEqual({
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:01:00.000000Z",
      renewTime: "2026-01-01T00:01:00.000000Z",
      leaseTransitions: 3,
    });
    const own = readRecord(
      { apiVersion: "v1", kind: "Lease", metadata: { name: "x" }, ...(taken && { spec: taken }) },
      1,
    );
    expect(makeSpec({ identity: "me", durationMs: 15_000, now: now + 2_000 }, own)).toMatchObject({
      acquireTime: microTime(now),
      renewTime: microTime(now + 2_000),
      leaseTransitions: 3,
    });
  });
});

describe("the time between two moments", () => {
  it("is the longer one for who has to stop, and the shorter one for who waits for that", () => {
    const from = { wall: 1_000, steady: 50 };
    const slept = { wall: 61_000, steady: 60 };
    expect([longestBetween(from, slept), shortestBetween(from, slept)]).toEqual([60_000, 10]);
    const setBack = { wall: 0, steady: 5_050 };
    expect([longestBetween(from, setBack), shortestBetween(from, setBack)]).toEqual([5_000, 0]);
  });
});
