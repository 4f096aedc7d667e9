import type { WorkloadStore } from "@berth/core";
import { and, eq, sql } from "./drizzle.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import type { Parts } from "./parts.ts";
import { workloads } from "./schema.ts";

/** What lasts with the next lasting write is enough here: what is not recorded is recorded when it is seen again. */
export function makeWorkloadStore({ db, transactions }: Parts): WorkloadStore {
  const isOfScope = and(
    eq(workloads.app, sql.placeholder("app")),
    eq(workloads.environment, sql.placeholder("environment")),
  );
  const ofScope = db.select({ id: workloads.id }).from(workloads).where(isOfScope).prepare();
  const exists = prepareEnvironmentExists({ db });
  const insert = db
    .insert(workloads)
    .values({
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      id: sql.placeholder("id"),
    })
    .onConflictDoNothing()
    .prepare();
  const remove = db
    .delete(workloads)
    .where(and(isOfScope, eq(workloads.id, sql.placeholder("id"))))
    .prepare();

  return {
    list: ({ app, environment }) => transactions.read(() => ofScope.all({ app, environment }).map(({ id }) => id)),
    record: ({ app, environment }, ids) =>
      transactions.write(() => {
        if (!exists({ app, environment })) return;
        for (const id of ids) insert.run({ app, environment, id });
      }),
    forget: ({ app, environment }, id) => transactions.write(() => void remove.run({ app, environment, id })),
  };
}
