import { type EnvironmentStore, keptForever } from "@berth/core";
import { sql } from "./drizzle.ts";
import { bound } from "./db.ts";
import { environmentColumns, isNamed, prepareUse } from "./environment-columns.ts";
import { environmentNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { environments } from "./schema.ts";

type Leases = Pick<EnvironmentStore, "listShortLived" | "setRules" | "used" | "keep" | "revokeShares">;

/** How long environments stay, and who may see them. */
export function makeLeases({ db, transactions }: Parts): Leases {
  const select = () => db.select(environmentColumns).from(environments);
  const byName = select().where(isNamed).prepare();
  // The condition is written as in the partial index, for SQLite to use that.
  const shortLived = select()
    .where(sql`kind in ('preview', 'dev')`)
    .orderBy(environments.app, environments.name)
    .prepare();
  const use = prepareUse({ db });
  const setRules = db
    .update(environments)
    .set({ ttlMs: bound(environments.ttlMs, "ttlMs"), isProtected: bound(environments.isProtected, "isProtected") })
    .where(isNamed)
    .prepare();
  const keep = db
    .update(environments)
    .set({ keptUntil: bound(environments.keptUntil, "until"), usedAt: bound(environments.usedAt, "at") })
    .where(isNamed)
    .returning(environmentColumns)
    .prepare();
  const revoke = db
    .update(environments)
    .set({ shareEpoch: sql`share_epoch + 1` })
    .where(isNamed)
    .returning(environmentColumns)
    .prepare();

  return {
    listShortLived: () => transactions.read(() => shortLived.all()),

    async setRules(app, name, { ttlMs, isProtected }, actor) {
      const there = await transactions.read(() => byName.get({ app, name }));
      if (there?.ttlMs === ttlMs && there.isProtected === isProtected) return;
      await transactions.writeLasting((transaction) => {
        if (setRules.run({ app, name, ttlMs, isProtected }).changes === 0)
          throw environmentNotFound({ app, environment: name });
        if (there?.isProtected !== isProtected)
          transaction.audit(actor, isProtected ? "environment.protect" : "environment.open", placeOf(app, name), "");
        transaction.changed("environment", app, name);
      });
    },

    // What a loss of power takes of it is made up for by the next use.
    used: (uses) =>
      transactions.write(() => {
        for (const { app, environment, at } of uses) use.run({ app, environment, at });
      }),

    keep: (app, name, until, actor) =>
      transactions.writeLasting((transaction) => {
        const kept = keep.get({ app, name, until, at: transaction.at });
        if (kept === undefined) throw environmentNotFound({ app, environment: name });
        const detail = until === null ? "" : until === keptForever ? "for good" : new Date(until).toISOString();
        transaction.audit(actor, "environment.keep", placeOf(app, name), detail);
        transaction.changed("environment", app, name);
        return kept;
      }),

    revokeShares: (app, name, actor) =>
      transactions.writeLasting((transaction) => {
        const revoked = revoke.get({ app, name });
        if (revoked === undefined) throw environmentNotFound({ app, environment: name });
        transaction.audit(actor, "environment.unshare", placeOf(app, name), "");
        transaction.changed("environment", app, name);
        return revoked;
      }),
  };
}

function placeOf(app: string, environment: string) {
  return { app, environment };
}
