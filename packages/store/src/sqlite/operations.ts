import type { Operation, OperationStore } from "@berth/core";
import { and, desc, eq, lt, sql } from "./drizzle.ts";
import { makeAppCheck } from "./app-check.ts";
import { bound } from "./db.ts";
import { prepareUse } from "./environment-columns.ts";
import { operationNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { operations } from "./schema.ts";
import { makeTimelines } from "./timelines.ts";

const operationColumns = {
  id: operations.id,
  app: operations.app,
  environment: operations.environment,
  kind: operations.kind,
  actor: operations.actor,
  state: operations.state,
  startedAt: operations.startedAt,
  finishedAt: operations.finishedAt,
  version: operations.version,
  error: operations.error,
  url: operations.url,
};

/** Sorts after every id. */
const afterAll = "~";

export function makeOperationStore(parts: Parts): OperationStore {
  const { db, transactions, followers, makeId } = parts;
  const select = () => db.select(operationColumns).from(operations);
  const byId = select()
    .where(eq(operations.id, sql.placeholder("id")))
    .prepare();
  const preparePage = (filter: { app?: true; environment?: true }) =>
    select()
      .where(
        and(
          filter.app && eq(operations.app, sql.placeholder("app")),
          filter.environment && eq(operations.environment, sql.placeholder("environment")),
          lt(operations.id, sql.placeholder("after")),
        ),
      )
      .orderBy(desc(operations.id))
      .limit(sql.placeholder("limit"))
      .prepare();
  const pages = {
    all: preparePage({}),
    app: preparePage({ app: true }),
    environment: preparePage({ environment: true }),
    both: preparePage({ app: true, environment: true }),
  };
  const running = select()
    .where(sql`state = 'running'`)
    .orderBy(operations.id)
    .prepare();
  const checkApp = makeAppCheck({ db });
  const insert = db
    .insert(operations)
    .values({
      id: sql.placeholder("id"),
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      kind: sql.placeholder("kind"),
      actor: sql.placeholder("actor"),
      state: sql.placeholder("state"),
      startedAt: sql.placeholder("startedAt"),
      hasTimeline: true,
    })
    .prepare();
  const use = prepareUse({ db });
  const end = db
    .update(operations)
    .set({
      state: bound(operations.state, "state"),
      finishedAt: bound(operations.finishedAt, "at"),
      error: bound(operations.error, "error"),
      url: bound(operations.url, "url"),
    })
    .where(eq(operations.id, sql.placeholder("id")))
    .prepare();

  return {
    // Should the start of an operation be lost with the power, so is all it did: its release is written after it.
    start: ({ app, environment, kind }, actor) =>
      transactions.write((transaction) => {
        checkApp(app);
        const operation: Operation = {
          id: `op_${makeId()}`,
          app,
          environment,
          kind,
          actor: actor.person,
          state: "running",
          startedAt: transaction.at,
          finishedAt: null,
          version: null,
          error: null,
          url: null,
        };
        insert.run({ ...operation });
        if (kind !== "remove") use.run({ app, environment, at: transaction.at });
        transaction.audit(actor, `operation.${kind}`, { app, environment }, operation.id);
        transaction.changed("operation", app, environment);
        return operation;
      }),

    // Not lasting by itself: an end that is lost with the power is found as interrupted, and ended then.
    finish: (id, result) =>
      transactions.write((transaction) => {
        const operation = byId.get({ id });
        if (operation === undefined) throw operationNotFound(id);
        if (operation.state !== "running") return;
        end.run({
          id,
          at: transaction.at,
          state: result.ok ? "succeeded" : "failed",
          error: result.ok ? null : result.error,
          url: result.ok ? result.url : null,
        });
        transaction.changed("operation", operation.app, operation.environment);
        transaction.after(() => followers.ended(id));
      }),

    get: (id) => transactions.read(() => byId.get({ id }) ?? null),

    list: ({ app, environment }, { limit, after = afterAll }) =>
      transactions.read(() => {
        if (app === undefined) {
          return environment === undefined
            ? pages.all.all({ limit, after })
            : pages.environment.all({ environment, limit, after });
        }
        return environment === undefined
          ? pages.app.all({ app, limit, after })
          : pages.both.all({ app, environment, limit, after });
      }),

    listRunning: () => transactions.read(() => running.all()),

    ...makeTimelines(parts),
  };
}
