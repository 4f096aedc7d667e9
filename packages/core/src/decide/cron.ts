import { type Cron, type CronMemory, type CronRun, scheduleKey } from "../cron.ts";
import type { CronSchedule } from "../cron-schedule.ts";

/** So late a run is on time: a server that is started anew, or a busy one, has not missed it. */
export const cronGraceMs = 60_000;

/** More than so many that were missed are not counted. */
const countedAtMost = 1_000;

/** What is known of a service with a schedule. */
export interface CronStanding {
  cron: Pick<Cron, "schedule" | "timezone" | "overlap" | "catchUpMs">;
  times: CronSchedule;
  /** Null where it was never looked at. */
  memory: CronMemory | null;
  /** Since when what is live has been: nothing that was due before is its own. */
  liveAt: number;
  /** Its runs that have not ended. */
  running: readonly Pick<CronRun, "id" | "cause">[];
}

export interface CronDecision {
  /** All times up to this one are dealt with by this decision. */
  checkedAt: number;
  /** Those that nobody was there for, and that are not made up for: how many (at most 1,000 are counted), and the newest. */
  missed: { count: number; newest: number } | null;
  /** The run whose time has come; `replaces` are to end before it. */
  due: { at: number; does: "start" | "skip"; replaces: readonly string[] } | null;
  /** When to look again; null where it is never due any more, or is paused. */
  nextAt: number | null;
}

/**
 * What is to be done about a schedule now. Each of its times is dealt with once: it is started, skipped, or told as missed. Of those that
 * have gone by only the newest may still start, within a minute of its time, or within `catchUp`.
 */
export function decideCron({ cron, times, memory, liveAt, running }: CronStanding, now: number): CronDecision {
  const isKnown = memory !== null && memory.schedule === scheduleKey(cron);
  const dealtUpTo = isKnown ? memory.checkedAt : liveAt;
  // The clock was ahead and has been set right. What has a run by then is not started again: a run is named by its time.
  const since = dealtUpTo - now > cronGraceMs ? now : dealtUpTo;
  if (memory?.paused) return { checkedAt: since, missed: null, due: null, nextAt: null };
  const gone = timesBetween(times, since, now);
  const nextAt = times.after(now);
  if (gone === null) return { checkedAt: since, missed: null, due: null, nextAt };
  const { newest, before } = gone;
  const isOnTime = now - newest <= Math.max(cronGraceMs, cron.catchUpMs);
  const missed = isOnTime ? before : { count: (before?.count ?? 0) + 1, newest };
  const due = isOnTime ? { at: newest, ...startOf(cron, running) } : null;
  return { checkedAt: newest, missed, due, nextAt };
}

function startOf(
  { overlap }: Pick<Cron, "overlap">,
  running: CronStanding["running"],
): { does: "start" | "skip"; replaces: readonly string[] } {
  if (overlap === "skip" && running.length > 0) return { does: "skip", replaces: [] };
  // What somebody looks at is theirs to end.
  const scheduled = running.filter(({ cause }) => cause.kind === "schedule").map(({ id }) => id);
  return { does: "start", replaces: overlap === "replace" ? scheduled : [] };
}

/** The newest time after one moment and up to another, and those before it; null where there is none. */
function timesBetween(
  times: CronSchedule,
  after: number,
  upTo: number,
): { newest: number; before: { count: number; newest: number } | null } | null {
  const newest = times.upTo(upTo);
  if (newest === null || newest <= after) return null;
  let count = 0;
  for (let at = times.after(after); at !== null && at < newest && count < countedAtMost; at = times.after(at))
    count += 1;
  const last = times.upTo(newest - 1);
  return { newest, before: count === 0 || last === null ? null : { count, newest: last } };
}
