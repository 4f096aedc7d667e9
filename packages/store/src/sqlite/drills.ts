import { type DrillStore, drillOutcomeText, keptDrills, summariseDrill } from "@berth/core";
import { and, desc, eq, lte, sql } from "./drizzle.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import type { Parts } from "./parts.ts";
import { drills } from "./schema.ts";

export function makeDrillStore({ db, transactions }: Parts): DrillStore {
  const isOfScope = and(eq(drills.app, sql.placeholder("app")), eq(drills.environment, sql.placeholder("environment")));
  const exists = prepareEnvironmentExists({ db });
  const insert = db
    .insert(drills)
    .values({
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      operation: sql.placeholder("operation"),
      version: sql.placeholder("version"),
      live: sql.placeholder("live"),
      at: sql.placeholder("at"),
      by: sql.placeholder("by"),
      outcome: sql.placeholder("outcome"),
      services: sql.placeholder("services"),
      probes: sql.placeholder("probes"),
    })
    .onConflictDoNothing()
    .prepare();
  const one = db
    .select()
    .from(drills)
    .where(and(isOfScope, eq(drills.operation, sql.placeholder("operation"))))
    .prepare();
  const latest = db
    .select()
    .from(drills)
    .where(and(isOfScope, eq(drills.version, sql.placeholder("version"))))
    .orderBy(desc(drills.operation))
    .limit(1)
    .prepare();
  const beyond = db
    .select({ operation: drills.operation })
    .from(drills)
    .where(isOfScope)
    .orderBy(desc(drills.operation))
    .limit(1)
    .offset(keptDrills)
    .prepare();
  const removeUpTo = db
    .delete(drills)
    .where(and(isOfScope, lte(drills.operation, sql.placeholder("operation"))))
    .prepare();

  return {
    add: (drill, actor) =>
      transactions.writeLasting((transaction) => {
        const { app, environment, version } = drill;
        if (!exists({ app, environment })) return;
        insert.run({ ...drill });
        const last = beyond.get({ app, environment });
        if (last !== undefined) removeUpTo.run({ app, environment, operation: last.operation });
        const detail = `v${version}: ${drillOutcomeText(summariseDrill(drill))}`;
        transaction.audit(actor, "rollback.drill", { app, environment }, detail);
      }),
    get: ({ app, environment }, operation) => transactions.read(() => one.get({ app, environment, operation }) ?? null),
    latest: ({ app, environment }, version) =>
      transactions.read(() => latest.get({ app, environment, version }) ?? null),
  };
}
