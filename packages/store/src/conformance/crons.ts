import { type CronRun, cronRunId, keptCronRuns } from "@berth/core";
import { expect, test } from "vitest";
import { ada, givenEnvironment, production } from "./fixtures.ts";
import type { Given } from "./suite.ts";

const nightly = { ...production, service: "nightly", schedule: "0 3 * * * UTC" };

function makeRun(dueAt: number, more: Partial<CronRun> = {}): CronRun {
  const { service } = { ...nightly, ...more };
  return {
    ...production,
    id: cronRunId(service, dueAt),
    service,
    state: "running",
    dueAt,
    count: 1,
    cause: { kind: "schedule" },
    version: 1,
    task: { id: `task-${dueAt}`, run: cronRunId(service, dueAt), timeoutMs: 60_000 },
    startedAt: null,
    endedAt: null,
    exitCode: null,
    reason: null,
    lines: [],
    ...more,
  };
}

const missed = { state: "missed", task: null, version: null } as const;
const end = { state: "failed", startedAt: 4, endedAt: 9, exitCode: 3, reason: "it ended", lines: ["a"] } as const;

export function testCrons(given: Given): void {
  test("a time is dealt with once, with what comes of it, and is known after a restart", async () => {
    await givenEnvironment(given.store);
    const runs = [makeRun(2, { ...missed, count: 3 }), makeRun(3)];
    expect(await given.store.crons.check({ ...nightly, checkedAt: 3 }, runs)).toEqual(runs.map(({ id }) => id));
    await given.reopen();
    const { crons } = given.store;
    expect(await crons.check({ ...nightly, checkedAt: 3 }, [makeRun(3, { version: 9 })])).toEqual([]);
    expect(await crons.memories(production)).toEqual([
      { service: "nightly", schedule: nightly.schedule, checkedAt: 3, paused: null },
    ]);
    expect(await crons.running()).toEqual([makeRun(3)]);
    expect(await crons.running({ ...production, environment: "other" })).toEqual([]);
    expect(await crons.list(nightly, { limit: 10 })).toEqual(runs.toReversed());
    expect(await crons.list(nightly, { limit: 10, after: runs[1]!.id })).toEqual([runs[0]]);
  });

  test("a run ends once", async () => {
    await givenEnvironment(given.store);
    const { crons } = given.store;
    await crons.check({ ...nightly, checkedAt: 3 }, [makeRun(3)]);
    await crons.end(makeRun(3), end);
    await crons.end(makeRun(3), { ...end, state: "succeeded" });
    expect(await crons.get(production, makeRun(3).id)).toEqual(makeRun(3, end));
    expect(await crons.get(production, "cr-none")).toBeNull();
    expect(await crons.running(production)).toEqual([]);
  });

  test("so many runs of each service are kept, the newest, and those that still run", async () => {
    await givenEnvironment(given.store);
    const { crons } = given.store;
    await crons.add(makeRun(1));
    await crons.add(makeRun(1, { service: "hourly" }));
    for (let at = 2; at <= keptCronRuns + 5; at++)
      await crons.check({ ...nightly, checkedAt: at }, [makeRun(at, missed)]);
    const kept = await crons.list(nightly, { limit: 1_000 });
    expect(kept.map(({ dueAt }) => dueAt)).toEqual([
      ...Array.from({ length: keptCronRuns }, (_, index) => keptCronRuns + 5 - index),
      1,
    ]);
    expect(await crons.list({ ...nightly, service: "hourly" }, { limit: 10 })).toHaveLength(1);
  });

  test("somebody pauses a schedule and lets it go on: what was due meanwhile is dealt with", async () => {
    await givenEnvironment(given.store);
    const { crons } = given.store;
    given.clock.time += 100;
    await crons.setPaused(nightly, true, ada);
    const at = given.clock.time;
    await crons.forget(production, ["nightly"]);
    expect(await crons.memories(production)).toEqual([
      { service: "nightly", schedule: "", checkedAt: at, paused: { at, by: "ada" } },
    ]);
    given.clock.time += 100;
    await crons.setPaused(nightly, true, ada);
    await crons.setPaused(nightly, false, ada);
    await crons.setPaused(nightly, false, ada);
    expect(await crons.memories(production)).toEqual([
      { service: "nightly", schedule: nightly.schedule, checkedAt: at + 100, paused: null },
    ]);
    const told = await given.store.audit.list({ app: "shop" }, { limit: 10 });
    expect(told.map(({ action }) => action).filter((action) => action.startsWith("cron."))).toEqual([
      "cron.resume",
      "cron.pause",
    ]);
  });

  test("all of it goes with its environment, and is of none that is not there", async () => {
    await givenEnvironment(given.store);
    await given.store.crons.check({ ...nightly, checkedAt: 3 }, [makeRun(3)]);
    await given.store.environments.delete("shop", "production", ada);
    expect(await given.store.crons.check({ ...nightly, checkedAt: 4 }, [makeRun(4)])).toEqual([]);
    await given.store.crons.add(makeRun(5));
    await given.store.crons.setPaused(nightly, true, ada);
    expect(await given.store.crons.running()).toEqual([]);
    expect(await given.store.crons.memories(production)).toEqual([]);
  });
}
