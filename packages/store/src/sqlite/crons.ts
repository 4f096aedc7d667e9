import { type CronMemory, type CronRun, type CronStore, keptCronRuns } from "@berth/core";
import { and, desc, eq, lt, lte, sql } from "./drizzle.ts";
import { bound } from "./db.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import type { Parts } from "./parts.ts";
import { cronRuns, crons } from "./schema.ts";

/** Sorts after every id. */
const afterAll = "~";

export function makeCronStore({ db, transactions }: Parts): CronStore {
  const exists = prepareEnvironmentExists({ db });
  const { ofScope, ofService, upsert, unschedule, pause, resume } = prepareMemories({ db });
  const runs = prepareRuns({ db });

  function insert(run: CronRun): boolean {
    const isNew = runs.insert.run({ ...run }).changes > 0;
    const { app, environment, service } = run;
    const last = runs.beyond.get({ app, environment, service });
    if (last !== undefined) runs.removeUpTo.run({ app, environment, service, id: last.id });
    return isNew;
  }

  return {
    memories: ({ app, environment }) => transactions.read(() => ofScope.all({ app, environment }).map(memoryOf)),
    check: ({ app, environment, service, schedule, checkedAt }, made) =>
      transactions.writeLasting((transaction) => {
        if (!exists({ app, environment })) return [];
        upsert.run({ app, environment, service, schedule, checkedAt });
        const added = made.filter(insert).map(({ id }) => id);
        if (added.length > 0) transaction.changed("cron", app, environment);
        return added;
      }),
    forget: ({ app, environment }, services) =>
      transactions.write(() => {
        for (const service of services) unschedule.run({ app, environment, service });
      }),
    add: (run) =>
      transactions.writeLasting((transaction) => {
        if (!exists(run)) return;
        insert(run);
        transaction.changed("cron", run.app, run.environment);
      }),
    end: ({ app, environment, id }, { state, startedAt, endedAt, exitCode, reason, lines }) =>
      transactions.writeLasting((transaction) => {
        const end = { app, environment, id, state, startedAt, endedAt, exitCode, reason, lines };
        if (runs.end.run(end).changes > 0) transaction.changed("cron", app, environment);
      }),
    get: ({ app, environment }, id) => transactions.read(() => runs.one.get({ app, environment, id }) ?? null),
    running: (scope) =>
      transactions.read(() =>
        scope === undefined
          ? runs.allRunning.all()
          : runs.running.all({ app: scope.app, environment: scope.environment }),
      ),
    list: ({ app, environment, service }, { limit, after = afterAll }) =>
      transactions.read(() => runs.newest.all({ app, environment, service, after, limit })),
    setPaused: ({ app, environment, service, schedule }, isPaused, actor) =>
      transactions.writeLasting((transaction) => {
        if (!exists({ app, environment })) return;
        const before = ofService.get({ app, environment, service });
        if (((before?.pausedAt ?? null) !== null) === isPaused) return;
        const { at } = transaction;
        // Nothing that was due meanwhile is made up for.
        upsert.run({ app, environment, service, schedule, checkedAt: at });
        if (isPaused) pause.run({ app, environment, service, at, by: actor.person });
        else resume.run({ app, environment, service });
        transaction.audit(actor, isPaused ? "cron.pause" : "cron.resume", { app, environment }, service);
        transaction.changed("cron", app, environment);
      }),
  };
}

function prepareMemories({ db }: Pick<Parts, "db">) {
  const isOfScope = and(eq(crons.app, sql.placeholder("app")), eq(crons.environment, sql.placeholder("environment")));
  const isOfService = and(isOfScope, eq(crons.service, sql.placeholder("service")));
  return {
    ofScope: db.select().from(crons).where(isOfScope).prepare(),
    ofService: db.select().from(crons).where(isOfService).prepare(),
    upsert: db
      .insert(crons)
      .values({
        app: sql.placeholder("app"),
        environment: sql.placeholder("environment"),
        service: sql.placeholder("service"),
        schedule: sql.placeholder("schedule"),
        checkedAt: sql.placeholder("checkedAt"),
      })
      .onConflictDoUpdate({
        target: [crons.app, crons.environment, crons.service],
        set: { schedule: sql`excluded.schedule`, checkedAt: sql`excluded.checked_at` },
      })
      .prepare(),
    // No schedule has this text, and whoever has paused it may want to find it so.
    unschedule: db.update(crons).set({ schedule: "" }).where(isOfService).prepare(),
    pause: db
      .update(crons)
      .set({ pausedAt: bound(crons.pausedAt, "at"), pausedBy: bound(crons.pausedBy, "by") })
      .where(isOfService)
      .prepare(),
    resume: db.update(crons).set({ pausedAt: null, pausedBy: null }).where(isOfService).prepare(),
  };
}

function prepareRuns({ db }: Pick<Parts, "db">) {
  const isOfScope = and(
    eq(cronRuns.app, sql.placeholder("app")),
    eq(cronRuns.environment, sql.placeholder("environment")),
  );
  const isOfService = and(isOfScope, eq(cronRuns.service, sql.placeholder("service")));
  const isOne = and(isOfScope, eq(cronRuns.id, sql.placeholder("id")));
  // Written as in the partial index, for SQLite to use that.
  const isRunning = sql`state = 'running'`;
  return {
    insert: db
      .insert(cronRuns)
      .values({
        app: sql.placeholder("app"),
        environment: sql.placeholder("environment"),
        id: sql.placeholder("id"),
        service: sql.placeholder("service"),
        state: sql.placeholder("state"),
        dueAt: sql.placeholder("dueAt"),
        count: sql.placeholder("count"),
        cause: sql.placeholder("cause"),
        version: sql.placeholder("version"),
        task: sql.placeholder("task"),
        startedAt: sql.placeholder("startedAt"),
        endedAt: sql.placeholder("endedAt"),
        exitCode: sql.placeholder("exitCode"),
        reason: sql.placeholder("reason"),
        lines: sql.placeholder("lines"),
      })
      .onConflictDoNothing()
      .prepare(),
    end: db
      .update(cronRuns)
      .set({
        state: bound(cronRuns.state, "state"),
        startedAt: bound(cronRuns.startedAt, "startedAt"),
        endedAt: bound(cronRuns.endedAt, "endedAt"),
        exitCode: bound(cronRuns.exitCode, "exitCode"),
        reason: bound(cronRuns.reason, "reason"),
        lines: bound(cronRuns.lines, "lines"),
      })
      .where(and(isOne, isRunning))
      .prepare(),
    one: db.select().from(cronRuns).where(isOne).prepare(),
    running: db.select().from(cronRuns).where(and(isOfScope, isRunning)).prepare(),
    allRunning: db.select().from(cronRuns).where(isRunning).prepare(),
    newest: db
      .select()
      .from(cronRuns)
      .where(and(isOfService, lt(cronRuns.id, sql.placeholder("after"))))
      .orderBy(desc(cronRuns.id))
      .limit(sql.placeholder("limit"))
      .prepare(),
    beyond: db
      .select({ id: cronRuns.id })
      .from(cronRuns)
      .where(isOfService)
      .orderBy(desc(cronRuns.id))
      .limit(1)
      .offset(keptCronRuns)
      .prepare(),
    // What still runs is told once it has ended, however long ago it was due.
    removeUpTo: db
      .delete(cronRuns)
      .where(and(isOfService, lte(cronRuns.id, sql.placeholder("id")), sql`state <> 'running'`))
      .prepare(),
  };
}

function memoryOf({ service, schedule, checkedAt, pausedAt, pausedBy }: typeof crons.$inferSelect): CronMemory {
  const paused = pausedAt === null ? null : { at: pausedAt, by: pausedBy ?? "" };
  return { service, schedule, checkedAt, paused };
}
