import { describe, expect, test } from "vitest";
import { isTimeZone, makeSchedule, scheduleProblem } from "./cron-schedule.ts";

/** So many times of a schedule after a moment, in UTC and to the minute. */
function timesOf(schedule: string, timezone: string, after: string, count: number): string[] {
  const { after: next } = makeSchedule(schedule, timezone);
  const times: string[] = [];
  for (let at = next(Date.parse(after)); at !== null && times.length < count; at = next(at))
    times.push(new Date(at).toISOString().slice(0, 16));
  return times;
}

describe("where clocks go forward", () => {
  test("a time that does not exist is due right after the hour that is left out", () => {
    expect(timesOf("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 3)).toEqual([
      "2026-03-29T01:00",
      "2026-03-30T00:30",
      "2026-03-31T00:30",
    ]);
  });

  test("what is due several times an hour goes on without a pause", () => {
    expect(timesOf("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15Z", 4)).toEqual([
      "2026-03-29T00:30",
      "2026-03-29T01:00",
      "2026-03-29T01:30",
      "2026-03-29T02:00",
    ]);
  });

  test("a midnight that does not exist is due at the beginning of its day", () => {
    expect(timesOf("0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", 2)).toEqual([
      "2026-09-06T04:00",
      "2026-09-07T03:00",
    ]);
  });
});

describe("where clocks go back", () => {
  test("a time that is there twice is due once, at the first of the two", () => {
    expect(timesOf("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 3)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
      "2026-10-27T01:30",
    ]);
  });

  test("what is due every hour, or more often, goes on through both", () => {
    expect(timesOf("15 * * * *", "Europe/Berlin", "2026-10-24T23:30Z", 4)).toEqual([
      "2026-10-25T00:15",
      "2026-10-25T01:15",
      "2026-10-25T02:15",
      "2026-10-25T03:15",
    ]);
  });
});

test("the newest time up to a moment is found, also over a change of clocks", () => {
  const { upTo } = makeSchedule("30 2 * * *", "Europe/Berlin");
  const found = (moment: string) => new Date(upTo(Date.parse(moment))!).toISOString().slice(0, 16);
  expect(found("2026-03-29T01:00Z")).toBe("2026-03-29T01:00");
  expect(found("2026-03-29T00:59Z")).toBe("2026-03-28T01:30");
  expect(found("2026-10-25T01:45Z")).toBe("2026-10-25T00:30");
});

test("days of the month and of the week are alternatives where both are named, as in any cron", () => {
  expect(timesOf("0 0 13 * fri", "UTC", "2026-01-08T12:00Z", 3)).toEqual([
    "2026-01-09T00:00",
    "2026-01-13T00:00",
    "2026-01-16T00:00",
  ]);
});

test.each([
  "0 3 * * *",
  "*/15 * * * *",
  "0 9-17/2 * * mon-fri",
  "0,30 0 1,15 JAN-mar *",
  "0 0 29 2 *",
  "0 0 * * 0",
  "@daily",
  "@hourly",
])("%s is a schedule", (text) => {
  expect(scheduleProblem(text)).toBeNull();
});

test.each([
  ["", "expected five fields"],
  ["0 3 * *", "expected five fields"],
  ["* * * * * *", "expected five fields"],
  ["60 * * * *", "expected a minute from 0 to 59"],
  ["0 24 * * *", "expected an hour from 0 to 23"],
  ["0 0 0 * *", "expected a day of the month from 1 to 31"],
  ["0 0 * foo *", "expected a month from 1 to 12 or jan to dec"],
  ["0 0 * * 7", "expected a day of the week from 0 to 6 or sun to sat"],
  ["0 0 * * fri-mon", "expected a day of the week"],
  ["0 0 L * *", "expected a day of the month"],
  ["0 0 * * 1#2", "expected a day of the week"],
  ["*/0 * * * *", "expected a minute"],
  ["5/10 * * * *", "expected a minute"],
  ["0 0 31 2 *", "expected a schedule that is due some day"],
  ["@every 5m", "expected one of @yearly"],
])("%j is none: %s", (text, problem) => {
  expect(scheduleProblem(text)).toContain(problem);
});

test("time zones are those of the IANA database", () => {
  expect(["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"].every(isTimeZone)).toBe(true);
  expect(["", "Berlin", "Europe/Munich", "+02:00", "local"].some(isTimeZone)).toBe(false);
});
