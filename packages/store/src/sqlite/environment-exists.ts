import type { Scope } from "@berth/core";
import { and, eq, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import { environments } from "./schema.ts";

/** Whether there is such an environment; asked in the transaction that counts on it. */
export function prepareEnvironmentExists({ db }: Pick<Parts, "db">): (scope: Scope) => boolean {
  const found = db
    .select({ name: environments.name })
    .from(environments)
    .where(and(eq(environments.app, sql.placeholder("app")), eq(environments.name, sql.placeholder("environment"))))
    .prepare();
  return ({ app, environment }) => found.get({ app, environment }) !== undefined;
}
