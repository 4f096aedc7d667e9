import type { CronRun, CronStatus } from "@berth/core";
import { type Style, table } from "../framework/output.ts";
import { ago, duration, moment } from "../framework/units.ts";
import { stateText } from "./releases.ts";

interface Shown {
  style: Style;
  now: number;
}

/** Schedules as a table: when each is due next, in local time, and what its newest run came to. */
export function cronTable(crons: readonly CronStatus[], shown: Shown): string {
  const rows = crons.map((cron) => [
    cron.service,
    cron.timezone === "UTC" ? cron.schedule : `${cron.schedule} ${cron.timezone}`,
    nextText(cron, shown.style),
    cron.last === null ? "" : whenText(cron.last, shown.now),
    cron.last === null ? shown.style.dim("not yet") : outcomeText(cron.last, shown.style),
  ]);
  return table(["SERVICE", "SCHEDULE", "NEXT", "LAST", ""], rows, shown.style);
}

function nextText({ isScheduled, paused, nextAt }: CronStatus, style: Style): string {
  if (!isScheduled) return style.dim("not in previews");
  if (paused !== null) return style.yellow(`paused by ${paused.by}`);
  return nextAt === null ? style.dim("never") : minuteText(nextAt);
}

/** One schedule in a few words, for status. */
export function cronText(cron: CronStatus, shown: Shown): string {
  const { last } = cron;
  const next = `${cron.paused === null && cron.nextAt !== null ? "next " : ""}${nextText(cron, shown.style)}`;
  if (last === null) return next;
  return `${next}; ${whenText(last, shown.now)}: ${outcomeText(last, shown.style)}`;
}

/** A history as a table, newest first, and below what failed the last lines of it. */
export function historyTable(runs: readonly CronRun[], { style }: Shown): string {
  const rows = runs.flatMap((run) => [
    [
      moment(run.dueAt),
      stateText(run.state, style),
      run.startedAt === null || run.endedAt === null ? "" : duration(Math.max(0, run.endedAt - run.startedAt)),
      run.version === null ? "" : `v${run.version}`,
      run.cause.kind === "schedule" ? "schedule" : run.cause.by,
      whyText(run),
    ],
    ...(run.state === "failed" ? run.lines.slice(-3).map((line) => [`  ${style.dim("|")} ${line}`]) : []),
  ]);
  return table(["DUE", "STATE", "TOOK", "RELEASE", "BY", ""], rows, style);
}

function whenText({ dueAt }: CronRun, now: number): string {
  return ago(dueAt, now);
}

function outcomeText(run: CronRun, style: Style): string {
  const why = whyText(run);
  if (run.state === "missed") return style.yellow(why);
  return why === "" ? stateText(run.state, style) : `${stateText(run.state, style)}: ${why}`;
}

function whyText({ state, count, reason }: CronRun): string {
  if (state === "missed") return `missed ${count >= 1_000 ? "1000 or more" : count} while the server was down`;
  return reason ?? "";
}

/** A schedule has no seconds. */
function minuteText(at: number): string {
  return moment(at).slice(0, -":00".length);
}
