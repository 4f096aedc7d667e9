import { keptWakes, type Wake, type WakeStore } from "@berth/core";
import { and, desc, eq, lt, lte, sql } from "./drizzle.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import type { Parts } from "./parts.ts";
import { wakes } from "./schema.ts";

type Row = typeof wakes.$inferSelect;

/** Sorts after every id. */
const afterAll = "~";

/** What lasts with the next lasting write is enough here: it tells of what was. */
export function makeWakeStore({ db, transactions }: Parts): WakeStore {
  const isOfScope = and(eq(wakes.app, sql.placeholder("app")), eq(wakes.environment, sql.placeholder("environment")));
  const isOfService = and(isOfScope, eq(wakes.service, sql.placeholder("service")));
  const exists = prepareEnvironmentExists({ db });
  const insert = db
    .insert(wakes)
    .values({
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      id: sql.placeholder("id"),
      service: sql.placeholder("service"),
      workload: sql.placeholder("workload"),
      cause: sql.placeholder("cause"),
      startedAt: sql.placeholder("startedAt"),
      endedAt: sql.placeholder("endedAt"),
      state: sql.placeholder("state"),
      reason: sql.placeholder("reason"),
      phases: sql.placeholder("phases"),
    })
    .onConflictDoNothing()
    .prepare();
  const newest = db
    .select()
    .from(wakes)
    .where(and(isOfService, lt(wakes.id, sql.placeholder("after"))))
    .orderBy(desc(wakes.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const beyond = db
    .select({ id: wakes.id })
    .from(wakes)
    .where(isOfService)
    .orderBy(desc(wakes.id))
    .limit(1)
    .offset(keptWakes)
    .prepare();
  const removeUpTo = db
    .delete(wakes)
    .where(and(isOfService, lte(wakes.id, sql.placeholder("id"))))
    .prepare();
  const one = db
    .select()
    .from(wakes)
    .where(and(isOfScope, eq(wakes.id, sql.placeholder("id"))))
    .prepare();

  return {
    add: (wake) =>
      transactions.write(() => {
        const { app, environment, service } = wake;
        if (!exists({ app, environment })) return;
        const { id, workload, cause, startedAt, endedAt, state, reason, phases } = wake;
        insert.run({ app, environment, id, service, workload, cause, startedAt, endedAt, state, reason, phases });
        const last = beyond.get({ app, environment, service });
        if (last !== undefined) removeUpTo.run({ app, environment, service, id: last.id });
      }),
    get: ({ app, environment }, id) =>
      transactions.read(() => {
        const row = one.get({ app, environment, id });
        return row === undefined ? null : wakeOf(row);
      }),
    list: ({ app, environment, service }, { limit, after = afterAll }) =>
      transactions.read(() => newest.all({ app, environment, service, after, limit }).map(wakeOf)),
  };
}

function wakeOf(row: Row): Wake {
  return { ...row, current: null };
}
