import { and, desc, eq, lt, notInArray, sql } from "./drizzle.ts";
import { type Db, bound } from "./db.ts";
import { environmentColumns } from "./environment-columns.ts";
import { clusters, environments, operations, releaseImages, releases } from "./schema.ts";

const { placeholder } = sql;

/** The statements of releases.ts, prepared once: promote runs five of them on the way of a rollback. */
export function prepareReleaseStatements(db: Db) {
  const isEnvironment = and(
    eq(environments.app, placeholder("app")),
    eq(environments.name, placeholder("environment")),
  );
  const isInScope = and(eq(releases.app, placeholder("app")), eq(releases.environment, placeholder("environment")));
  const isVersion = and(isInScope, eq(releases.version, placeholder("version")));
  const nextRevision = sql`${environments.revision} + 1`;

  return {
    environment: db
      .select({ ...environmentColumns, lastVersion: environments.lastVersion })
      .from(environments)
      .where(isEnvironment)
      .prepare(),
    byVersion: db.select().from(releases).where(isVersion).prepare(),
    page: db
      .select()
      .from(releases)
      .where(and(isInScope, lt(releases.version, placeholder("after"))))
      .orderBy(desc(releases.version))
      .limit(placeholder("limit"))
      .prepare(),
    cluster: db
      .select({ name: clusters.name })
      .from(clusters)
      .where(eq(clusters.name, placeholder("cluster")))
      .prepare(),
    images: db
      .select({ digest: releaseImages.digest })
      .from(releaseImages)
      .where(eq(releaseImages.app, placeholder("app")))
      .orderBy(desc(releaseImages.environment), desc(releaseImages.version))
      .prepare(),
    // A later live release always has the higher version, whatever the clock said.
    superseded: db
      .select()
      .from(releases)
      .where(and(isInScope, sql`${releases.state} = 'superseded'`))
      .orderBy(desc(releases.version))
      .limit(placeholder("limit"))
      .prepare(),
    /** Those beyond the newest `keep`, of any state, that are neither live nor pending. */
    endedBeyond: db
      .select({ version: releases.version })
      .from(releases)
      .where(
        and(
          isInScope,
          sql`${releases.state} in ('superseded', 'failed')`,
          notInArray(
            releases.version,
            db
              .select({ version: releases.version })
              .from(releases)
              .where(isInScope)
              .orderBy(desc(releases.version))
              .limit(placeholder("keep")),
          ),
        ),
      )
      .orderBy(desc(releases.version))
      .prepare(),
    insert: db
      .insert(releases)
      .values({
        app: placeholder("app"),
        environment: placeholder("environment"),
        version: placeholder("version"),
        kind: placeholder("kind"),
        carries: placeholder("carries"),
        snapshot: placeholder("snapshot"),
        origin: placeholder("origin"),
        createdAt: placeholder("createdAt"),
        createdBy: placeholder("createdBy"),
        state: placeholder("state"),
        operation: placeholder("operation"),
        cluster: placeholder("cluster"),
      })
      .prepare(),
    insertImage: db
      .insert(releaseImages)
      .values({
        app: placeholder("app"),
        environment: placeholder("environment"),
        version: placeholder("version"),
        digest: placeholder("digest"),
      })
      .prepare(),
    pointToNew: db
      .update(environments)
      .set({
        desired: bound(environments.desired, "desired"),
        lastVersion: bound(environments.lastVersion, "desired"),
        revision: bound(environments.revision, "revision"),
      })
      .where(isEnvironment)
      .prepare(),
    moveLive: db
      .update(environments)
      .set({
        live: bound(environments.live, "live"),
        revision: bound(environments.revision, "revision"),
        pendingRef: bound(environments.pendingRef, "pendingRef"),
        cluster: bound(environments.cluster, "cluster"),
      })
      .where(isEnvironment)
      .prepare(),
    pointBack: db
      .update(environments)
      .set({ desired: sql`${environments.live}`, revision: nextRevision })
      .where(and(isEnvironment, eq(environments.desired, placeholder("version"))))
      .prepare(),
    makeLive: db
      .update(releases)
      .set({ state: "live", liveAt: bound(releases.liveAt, "at") })
      .where(isVersion)
      .prepare(),
    supersede: db
      .update(releases)
      .set({ state: "superseded", supersededAt: bound(releases.supersededAt, "at") })
      .where(isVersion)
      .prepare(),
    fail: db
      .update(releases)
      .set({ state: "failed", reason: bound(releases.reason, "reason") })
      .where(isVersion)
      .prepare(),
    remove: db.delete(releases).where(isVersion).prepare(),
    setOperationVersion: db
      .update(operations)
      .set({ version: bound(operations.version, "version") })
      .where(eq(operations.id, placeholder("operation")))
      .prepare(),
  };
}
