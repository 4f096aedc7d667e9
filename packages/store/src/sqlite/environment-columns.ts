import { and, eq, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import { environments } from "./schema.ts";

/** The columns that are the domain's environment. */
export const environmentColumns = {
  app: environments.app,
  name: environments.name,
  kind: environments.kind,
  branch: environments.branch,
  cluster: environments.cluster,
  desired: environments.desired,
  live: environments.live,
  revision: environments.revision,
  pendingRef: environments.pendingRef,
  createdAt: environments.createdAt,
  createdBy: environments.createdBy,
  usedAt: environments.usedAt,
  ttlMs: environments.ttlMs,
  keptUntil: environments.keptUntil,
  isProtected: environments.isProtected,
  shareEpoch: environments.shareEpoch,
};

export const isNamed = and(
  eq(environments.app, sql.placeholder("app")),
  eq(environments.name, sql.placeholder("name")),
);

/** Notes when an environment was used, unless it was used later: `{ app, environment, at }`. */
export function prepareUse({ db }: Pick<Parts, "db">) {
  return db
    .update(environments)
    .set({ usedAt: sql`max(used_at, ${sql.placeholder("at")})` })
    .where(and(eq(environments.app, sql.placeholder("app")), eq(environments.name, sql.placeholder("environment"))))
    .prepare();
}
