import { setImmediate as nextTurn } from "node:timers/promises";
import type { OperationEvent, OperationStore } from "@berth/core";
import { and, asc, eq, gt, lt, sql } from "./drizzle.ts";
import { operationNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { operationEvents, operations } from "./schema.ts";

/** Timelines removed in one transaction: some milliseconds, for requests are not served meanwhile. */
const pruneBatch = 50;

/** The numbered events of operations. */
export function makeTimelines({
  db,
  transactions,
  followers,
}: Parts): Pick<OperationStore, "append" | "events" | "follow" | "prune"> {
  const isOfOperation = eq(operationEvents.operation, sql.placeholder("id"));
  const stateOf = db
    .select({ state: operations.state })
    .from(operations)
    .where(eq(operations.id, sql.placeholder("id")))
    .prepare();
  const lastSeq = db
    .select({ seq: sql<number>`coalesce(max(${operationEvents.seq}), 0)` })
    .from(operationEvents)
    .where(isOfOperation)
    .prepare();
  const insert = db
    .insert(operationEvents)
    .values({
      operation: sql.placeholder("id"),
      seq: sql.placeholder("seq"),
      at: sql.placeholder("at"),
      phase: sql.placeholder("phase"),
      service: sql.placeholder("service"),
      kind: sql.placeholder("kind"),
      text: sql.placeholder("text"),
      durationMs: sql.placeholder("durationMs"),
    })
    .prepare();
  const after = db
    .select({
      seq: operationEvents.seq,
      at: operationEvents.at,
      phase: operationEvents.phase,
      service: operationEvents.service,
      kind: operationEvents.kind,
      text: operationEvents.text,
      durationMs: operationEvents.durationMs,
    })
    .from(operationEvents)
    .where(and(isOfOperation, gt(operationEvents.seq, sql.placeholder("after"))))
    .orderBy(asc(operationEvents.seq))
    .prepare();
  const prunable = db
    .select({ id: operations.id })
    .from(operations)
    .where(and(sql`has_timeline = 1 and finished_at is not null`, lt(operations.finishedAt, sql.placeholder("before"))))
    .limit(pruneBatch)
    .prepare();
  const removeEvents = db.delete(operationEvents).where(isOfOperation).prepare();
  const markPruned = db
    .update(operations)
    .set({ hasTimeline: false })
    .where(eq(operations.id, sql.placeholder("id")))
    .prepare();

  return {
    append: (id, events) =>
      transactions.write((transaction) => {
        if (stateOf.get({ id }) === undefined) throw operationNotFound(id);
        const first = (lastSeq.get({ id })?.seq ?? 0) + 1;
        const appended: OperationEvent[] = events.map((event, index) => ({ ...event, seq: first + index }));
        for (const event of appended) insert.run({ ...event, id });
        transaction.after(() => followers.appended(id, appended));
        return appended;
      }),

    events: (id, afterSeq) => transactions.read(() => after.all({ id, after: afterSeq })),

    follow(id, listener) {
      let isFollowing = true;
      const stop = followers.add(id, listener);
      void tellIfEnded();
      return () => {
        isFollowing = false;
        stop();
      };

      /** A follower that comes after the end would otherwise wait for it for ever. */
      async function tellIfEnded(): Promise<void> {
        const operation = await transactions.read(() => stateOf.get({ id })).catch(() => undefined);
        if (isFollowing && operation?.state !== "running") listener("ended");
      }
    },

    async prune(before) {
      let pruned = 0;
      for (;;) {
        const batch = await transactions.write(() => {
          const found = prunable.all({ before });
          for (const operation of found) {
            removeEvents.run(operation);
            markPruned.run(operation);
          }
          return found.length;
        });
        pruned += batch;
        if (batch < pruneBatch) return pruned;
        await nextTurn();
      }
    },
  };
}
