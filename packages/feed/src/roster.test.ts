import type { RoutingTable, WorkloadLoad } from "@berth/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeLoads } from "./loads.ts";
import { type LoadReport, Roster, silenceMs } from "./roster.ts";

const table = (version: number, ...workloads: string[]) =>
  ({ version, workloads: new Map(workloads.map((id) => [id, {}])) }) as unknown as RoutingTable;

const load = (inFlight: number, lastRequestAt: number | null = null): WorkloadLoad => ({
  inFlight,
  lastRequestAt,
  instances: new Map([["i", inFlight]]),
  counters: [{ router: "a", requests: inFlight, busyMs: 0, inFlight, at: 0 }],
});

const report = (version: number, ...set: [string, WorkloadLoad][]): LoadReport => ({
  version,
  isWhole: true,
  load: { set, delete: [] },
});

const total = (roster: Roster) => mergeLoads(roster.loads()).get("w");

describe("Roster", () => {
  it("has applied a table once every router has said so", () => {
    const roster = new Roster([], 0);
    expect(roster.hasApplied(1)).toBe(true);
    roster.join("a", 0);
    roster.join("b", 0);
    roster.publish(table(1), 0);
    expect(roster.hasApplied(1)).toBe(false);
    roster.report("a", report(1), 1);
    expect(roster.hasApplied(1)).toBe(false);
    roster.report("b", report(1), 1);
    expect(roster.hasApplied(1)).toBe(true);
    roster.publish(table(2), 2);
    expect(roster.hasApplied(2)).toBe(false);
  });

  it("waits for routers that were there before a restart until they are silent for too long", () => {
    const roster = new Roster(["a"], 0);
    roster.publish(table(1), 0);
    expect(roster.hasApplied(1)).toBe(false);
    expect(roster.leaveSilent(silenceMs - 1)).toEqual([]);
    expect(roster.leaveSilent(silenceMs)).toEqual(["a"]);
    expect(roster.hasApplied(1)).toBe(true);
  });

  it("counts what a router that is gone had in flight no more, and knows when it had its last request", () => {
    const roster = new Roster([], 0);
    roster.join("a", 0);
    roster.report("a", report(0, ["w", load(3, 40)]), 50);
    expect(total(roster)).toMatchObject({ inFlight: 3, lastRequestAt: 40 });
    expect(roster.leaveSilent(50 + silenceMs)).toEqual(["a"]);
    expect(total(roster)).toEqual({ inFlight: 0, lastRequestAt: 40, instances: new Map(), counters: [] });
    roster.publish(table(1, "w"), 0);
    expect(total(roster)).toBeDefined();
    roster.publish(table(2), 0);
    expect(total(roster)).toBeUndefined();
  });

  it("forgets within five seconds what a router counts that dies", () => {
    const roster = new Roster([], 0);
    roster.join("a", 0);
    roster.report("a", report(0, ["w", load(3, 40)]), 50);
    expect(roster.leaveSilent(49 + silenceMs)).toEqual([]);
    expect(total(roster)?.counters).toHaveLength(1);
    roster.leaveSilent(50 + silenceMs);
    expect(total(roster)?.counters).toEqual([]);
  });

  it("names what stirs: what is counted anew, or after a second without a change", () => {
    const roster = new Roster([], 0);
    roster.join("a", 0);
    expect(roster.report("a", report(0, ["w", load(1, 5_000)]), 5_000)).toEqual(["w"]);
    expect(roster.report("a", report(0, ["w", load(2, 5_900)]), 5_900)).toEqual([]);
    expect(roster.report("a", report(0, ["w", load(1, 6_900)]), 6_900)).toEqual(["w"]);
    expect(roster.report("b", report(0, ["w", load(1, 6_900)]), 6_900)).toEqual([]);
  });

  it("keeps what a router had in flight while it connects anew, until its first report", () => {
    const roster = new Roster([], 0);
    roster.join("a", 0);
    roster.report("a", report(0, ["w", load(3)]), 0);
    roster.join("a", 10);
    expect(total(roster)?.inFlight).toBe(3);
    roster.report("a", report(0, ["w", load(1)]), 11);
    expect(total(roster)?.inFlight).toBe(1);
  });

  it("gives up a router that speaks but takes no table", () => {
    const roster = new Roster([], 0);
    roster.join("a", 0);
    roster.report("a", report(0), 0);
    roster.publish(table(1), 1_000);
    roster.hear("a", 1_000 + silenceMs - 1);
    expect(roster.leaveSilent(1_000 + silenceMs - 1)).toEqual([]);
    expect(roster.leaveSilent(1_000 + silenceMs)).toEqual(["a"]);
  });

  it("gives up nobody who answers in time, whatever comes in between", () => {
    const step = fc.record({ afterMs: fc.nat(silenceMs - 1), publishes: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const roster = new Roster([], 0);
        roster.join("a", 0);
        let [now, version] = [0, 0];
        for (const { afterMs, publishes } of steps) {
          for (let count = 0; count < publishes; count++) roster.publish(table(++version), now);
          now += afterMs;
          expect(roster.leaveSilent(now)).toEqual([]);
          roster.report("a", report(version), now);
          expect(roster.hasApplied(version)).toBe(true);
        }
      }),
    );
  });
});
