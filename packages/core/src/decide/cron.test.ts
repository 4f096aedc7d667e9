import { describe, expect, test } from "vitest";
import { type CronMemory, scheduleKey } from "../cron.ts";
import { makeSchedule } from "../cron-schedule.ts";
import { cronGraceMs, type CronStanding, decideCron } from "./cron.ts";

const at = (time: string) => Date.parse(`2026-05-${time}Z`);
const nightly = { schedule: "0 3 * * *", timezone: "UTC", overlap: "skip", catchUpMs: 0 } as const;

function makeStanding(more: Partial<CronStanding> = {}): CronStanding {
  const { cron = nightly } = more;
  return {
    times: makeSchedule(cron.schedule, cron.timezone),
    memory: null,
    liveAt: at("01T12:00"),
    running: [],
    ...more,
    cron,
  };
}

function checked(checkedAt: number, more: Partial<CronMemory> = {}): CronMemory {
  return { service: "nightly", schedule: scheduleKey(nightly), checkedAt, paused: null, ...more };
}

const run = { id: "cr-1", cause: { kind: "schedule" } } as const;
const asked = { id: "cr-2", cause: { kind: "person", by: "ada" } } as const;

describe("a time that has come", () => {
  test("is started, once", () => {
    const decision = decideCron(makeStanding(), at("02T03:00"));
    expect(decision).toEqual({
      checkedAt: at("02T03:00"),
      missed: null,
      due: { at: at("02T03:00"), does: "start", replaces: [] },
      nextAt: at("03T03:00"),
    });
    const memory = checked(decision.checkedAt);
    expect(decideCron(makeStanding({ memory }), at("02T03:00"))).toMatchObject({ due: null, missed: null });
  });

  test("is not before it has", () => {
    expect(decideCron(makeStanding(), at("02T02:59"))).toMatchObject({ due: null, nextAt: at("02T03:00") });
  });

  test("is none of what went live after it, nor of another schedule's", () => {
    expect(decideCron(makeStanding({ liveAt: at("02T03:00") }), at("02T03:00"))).toMatchObject({ due: null });
    const memory = checked(at("01T03:00"), { schedule: "0 9 * * * UTC" });
    const changed = makeStanding({ memory, liveAt: at("02T02:00") });
    expect(decideCron(changed, at("02T02:30"))).toMatchObject({ due: null, missed: null });
  });

  test("is dealt with where a release with the same schedule went live just then", () => {
    const memory = checked(at("01T03:00"));
    const decision = decideCron(makeStanding({ memory, liveAt: at("02T03:00:01") }), at("02T03:00:02"));
    expect(decision.due).toMatchObject({ at: at("02T03:00"), does: "start" });
  });
});

describe("a clock that was ahead and is set right", () => {
  const hourly = { ...nightly, schedule: "0 * * * *" } as const;
  const memory = checked(at("03T12:00"), { schedule: scheduleKey(hourly) });

  test("does not keep what is due from being started until then", () => {
    const decision = decideCron(makeStanding({ cron: hourly, memory }), at("02T12:30"));
    expect(decision).toEqual({ checkedAt: at("02T12:30"), missed: null, due: null, nextAt: at("02T13:00") });
    const next = checked(decision.checkedAt, { schedule: scheduleKey(hourly) });
    expect(decideCron(makeStanding({ cron: hourly, memory: next }), at("02T13:00")).due).toMatchObject({
      at: at("02T13:00"),
      does: "start",
    });
    expect(decideCron(makeStanding({ cron: hourly, liveAt: at("03T12:00") }), at("02T12:30")).checkedAt).toBe(
      at("02T12:30"),
    );
  });

  test("by a few seconds has nothing dealt with again", () => {
    const decision = decideCron(makeStanding({ cron: hourly, memory }), at("03T11:59:58"));
    expect(decision).toMatchObject({ checkedAt: memory.checkedAt, missed: null, due: null });
  });
});

describe("a run before it that goes on", () => {
  const memory = checked(at("01T03:00"));
  const now = at("02T03:00");

  test("makes it be skipped, whoever has started it", () => {
    for (const running of [[run], [asked]])
      expect(decideCron(makeStanding({ memory, running }), now).due).toMatchObject({ does: "skip", replaces: [] });
  });

  test("goes on beside it with allow", () => {
    const cron = { ...nightly, overlap: "allow" } as const;
    expect(decideCron(makeStanding({ cron, memory, running: [run] }), now).due).toMatchObject({
      does: "start",
      replaces: [],
    });
  });

  test("ends for it with replace, but not what a person has started", () => {
    const cron = { ...nightly, overlap: "replace" } as const;
    expect(decideCron(makeStanding({ cron, memory, running: [run, asked] }), now).due).toMatchObject({
      does: "start",
      replaces: ["cr-1"],
    });
  });
});

describe("after a while in which nobody looked", () => {
  const memory = checked(at("01T03:00"));

  test("all that was due is missed", () => {
    expect(decideCron(makeStanding({ memory }), at("04T09:00"))).toMatchObject({
      checkedAt: at("04T03:00"),
      missed: { count: 3, newest: at("04T03:00") },
      due: null,
    });
  });

  test("the newest is on time for a minute, and those before it are missed", () => {
    const now = at("04T03:00") + cronGraceMs;
    expect(decideCron(makeStanding({ memory }), now)).toMatchObject({
      missed: { count: 2, newest: at("03T03:00") },
      due: { at: at("04T03:00"), does: "start" },
    });
    expect(decideCron(makeStanding({ memory }), now + 1)).toMatchObject({ missed: { count: 3 }, due: null });
  });

  test("the newest is made up for within catchUp", () => {
    const cron = { ...nightly, catchUpMs: 6 * 3_600_000 };
    expect(decideCron(makeStanding({ cron, memory }), at("04T09:00"))).toMatchObject({
      missed: { count: 2 },
      due: { at: at("04T03:00"), does: "start" },
    });
    expect(decideCron(makeStanding({ cron, memory }), at("04T09:01"))).toMatchObject({
      missed: { count: 3 },
      due: null,
    });
  });

  test("no more than a thousand are counted", () => {
    const cron = { ...nightly, schedule: "* * * * *" };
    const often = checked(at("01T03:00"), { schedule: scheduleKey(cron) });
    expect(decideCron(makeStanding({ cron, memory: often }), at("04T09:00:30"))).toMatchObject({
      missed: { count: 1_000, newest: at("04T08:59") },
      due: { at: at("04T09:00") },
    });
  });
});

test("what is paused is never due, and nothing of it is missed", () => {
  const memory = checked(at("01T03:00"), { paused: { at: at("01T04:00"), by: "ada" } });
  expect(decideCron(makeStanding({ memory }), at("04T09:00"))).toEqual({
    checkedAt: at("01T03:00"),
    missed: null,
    due: null,
    nextAt: null,
  });
});

test("a clock that was set back starts nothing again", () => {
  const memory = checked(at("02T03:00"));
  expect(decideCron(makeStanding({ memory }), at("02T02:59:59"))).toMatchObject({ due: null, missed: null });
  expect(decideCron(makeStanding({ memory }), at("02T03:00"))).toMatchObject({ due: null, missed: null });
});
