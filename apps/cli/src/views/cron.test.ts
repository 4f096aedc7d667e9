import type { CronRun, CronStatus } from "@berth/core";
import { expect, test } from "vitest";
import { makeStyle } from "../framework/output.ts";
import { cronTable, cronText, historyTable } from "./cron.ts";

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const shown = { style: makeStyle(false), now: at(30, 9, 12) };

function makeRun(dueAt: number, more: Partial<CronRun> = {}): CronRun {
  return {
    app: "shop",
    environment: "production",
    id: "cr-1",
    service: "nightly",
    state: "succeeded",
    dueAt,
    count: 1,
    cause: { kind: "schedule" },
    version: 12,
    task: null,
    startedAt: dueAt + 100,
    endedAt: dueAt + 41_100,
    exitCode: 0,
    reason: null,
    lines: [],
    ...more,
  };
}

function makeCron(more: Partial<CronStatus>): CronStatus {
  return {
    service: "nightly",
    schedule: "0 3 * * *",
    timezone: "Europe/Berlin",
    overlap: "skip",
    timeoutMs: 1_000,
    catchUpMs: 0,
    isScheduled: true,
    paused: null,
    nextAt: at(31, 3),
    last: null,
    ...more,
  };
}

const failed = makeRun(at(30, 3), {
  state: "failed",
  exitCode: 1,
  reason: "it exited with code 1",
  lines: ["one", "two", "three", "Error: no"],
});
const unstarted = { version: null, startedAt: null, endedAt: null, exitCode: null };
const missed = makeRun(at(29, 3), { ...unstarted, state: "missed", count: 3 });

test("schedules are a table with when each is due, in local time, and how it went", () => {
  const crons = [
    makeCron({ last: failed }),
    makeCron({ service: "sweep", timezone: "UTC", last: makeRun(at(30, 9, 10)) }),
    makeCron({ service: "invoices", nextAt: null, paused: { at: 1, by: "ada" } }),
    makeCron({ service: "mails", nextAt: null, isScheduled: false, last: missed }),
  ];
  expect(cronTable(crons, shown)).toMatchInlineSnapshot(`
    "SERVICE   SCHEDULE                 NEXT              LAST
    nightly   0 3 * * * Europe/Berlin  2026-12-01 03:00  6 h ago    failed: it exited with code 1
    sweep     0 3 * * *                2026-12-01 03:00  2 min ago  succeeded
    invoices  0 3 * * * Europe/Berlin  paused by ada                not yet
    mails     0 3 * * * Europe/Berlin  not in previews   30 h ago   missed 3 while the server was down"
  `);
  expect(crons.map((cron) => cronText(cron, shown))).toMatchInlineSnapshot(`
    [
      "next 2026-12-01 03:00; 6 h ago: failed: it exited with code 1",
      "next 2026-12-01 03:00; 2 min ago: succeeded",
      "paused by ada",
      "not in previews; 30 h ago: missed 3 while the server was down",
    ]
  `);
});

test("a history has the last lines of what failed, and what did not run", () => {
  const asked = makeRun(at(29, 9), { cause: { kind: "person", by: "ada" }, version: 11 });
  const skipped = makeRun(at(28, 3), { ...unstarted, state: "skipped", reason: "the one before it still went on" });
  expect(historyTable([failed, asked, missed, skipped], shown)).toMatchInlineSnapshot(`
    "DUE                  STATE      TOOK  RELEASE  BY
    2026-11-30 03:00:00  failed     41 s  v12      schedule  it exited with code 1
      | two
      | three
      | Error: no
    2026-11-29 09:00:00  succeeded  41 s  v11      ada
    2026-11-29 03:00:00  missed                    schedule  missed 3 while the server was down
    2026-11-28 03:00:00  skipped                   schedule  the one before it still went on"
  `);
});
