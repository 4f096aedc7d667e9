import type { Change, ChangeStore } from "@berth/core";
import { asc, gt, lte, sql } from "./drizzle.ts";
import type { Db } from "./db.ts";
import type { Listeners } from "./listeners.ts";
import type { Transactions } from "./transactions.ts";
import { changes } from "./schema.ts";

/** How many of the newest changes a start leaves. Their readers look at everything when they start, so none asks for older ones. */
const kept = 10_000;

export function makeChangeStore(db: Db, transactions: Transactions, followers: Listeners<Change>): ChangeStore {
  const since = db
    .select()
    .from(changes)
    .where(gt(changes.seq, sql.placeholder("seq")))
    .orderBy(asc(changes.seq))
    .limit(sql.placeholder("limit"))
    .prepare();
  const latest = prepareLatest(db);
  return {
    since: (seq, limit) => transactions.read(() => since.all({ seq, limit })),
    latest: () => transactions.read(() => latest.get()?.seq ?? 0),
    follow: followers.add,
  };
}

/** Removes all but the newest changes. The newest stays, so that no sequence number is given out twice. */
export function trimChanges(db: Db): void {
  const newest = prepareLatest(db).get()?.seq ?? 0;
  db.delete(changes)
    .where(lte(changes.seq, newest - kept))
    .run();
}

function prepareLatest(db: Db) {
  return db
    .select({ seq: sql<number>`coalesce(max(${changes.seq}), 0)` })
    .from(changes)
    .prepare();
}
