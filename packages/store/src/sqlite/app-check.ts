import { eq, sql } from "./drizzle.ts";
import { appNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { apps } from "./schema.ts";

/** Within a transaction: throws `app.not-found` unless the app is there. */
export function makeAppCheck({ db }: Pick<Parts, "db">): (app: string) => void {
  const exists = db
    .select({ name: apps.name })
    .from(apps)
    .where(eq(apps.name, sql.placeholder("app")))
    .prepare();
  return (app) => {
    if (exists.get({ app }) === undefined) throw appNotFound(app);
  };
}
