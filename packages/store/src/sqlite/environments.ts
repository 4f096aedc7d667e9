import { BerthError, type Environment, type EnvironmentStore } from "@berth/core";
import { and, eq, sql } from "./drizzle.ts";
import { makeAppCheck } from "./app-check.ts";
import { makeConfigValues } from "./config-values.ts";
import { bound } from "./db.ts";
import { environmentNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { makePorts } from "./ports.ts";
import { configEntries, environments } from "./schema.ts";

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
};

const isNamed = and(eq(environments.app, sql.placeholder("app")), eq(environments.name, sql.placeholder("name")));

export function makeEnvironmentStore(parts: Parts): EnvironmentStore {
  const { db, transactions } = parts;
  const select = () => db.select(environmentColumns).from(environments);
  const inOrder = [environments.app, environments.name] as const;
  const byName = select().where(isNamed).prepare();
  const ofApp = select()
    .where(eq(environments.app, sql.placeholder("app")))
    .orderBy(...inOrder)
    .prepare();
  const byBranch = select()
    .where(and(eq(environments.app, sql.placeholder("app")), eq(environments.branch, sql.placeholder("branch"))))
    .prepare();
  // `live` is never set where `desired` is not. The conditions are written as in the partial indices, for SQLite to use those.
  const active = select()
    .where(sql`desired is not null`)
    .orderBy(...inOrder)
    .prepare();
  const withPendingRef = select()
    .where(sql`pending_ref is not null`)
    .orderBy(...inOrder)
    .prepare();
  const checkApp = makeAppCheck({ db });
  const insert = db
    .insert(environments)
    .values({
      app: sql.placeholder("app"),
      name: sql.placeholder("name"),
      kind: sql.placeholder("kind"),
      branch: sql.placeholder("branch"),
      revision: sql.placeholder("revision"),
      lastVersion: 0,
      createdAt: sql.placeholder("createdAt"),
      createdBy: sql.placeholder("createdBy"),
    })
    .returning(environmentColumns)
    .prepare();
  const adoptBranch = db
    .update(environments)
    .set({ branch: bound(environments.branch, "branch") })
    .where(isNamed)
    .returning(environmentColumns)
    .prepare();
  const clearRef = db.update(environments).set({ pendingRef: null }).where(isNamed).prepare();
  const remove = db.delete(environments).where(isNamed).prepare();
  const values = makeConfigValues({ db });
  const removeConfig = db
    .delete(configEntries)
    .where(and(eq(configEntries.app, sql.placeholder("app")), eq(configEntries.scope, sql.placeholder("name"))))
    .prepare();

  /** The environment as it is wanted, if it is there. Throws where the branch belongs to another. */
  function findSame(wanted: Pick<Environment, "app" | "name" | "branch">): Environment | "adopts-branch" | null {
    const there = byName.get({ app: wanted.app, name: wanted.name });
    const adopts = wanted.branch !== null && there?.branch !== wanted.branch && (there?.branch ?? null) === null;
    const owner = adopts ? byBranch.get({ app: wanted.app, branch: wanted.branch }) : undefined;
    if (owner !== undefined) throw branchTaken(owner);
    if (there === undefined) return null;
    return adopts ? "adopts-branch" : there;
  }

  return {
    get: (app, name) => transactions.read(() => byName.get({ app, name }) ?? null),
    list: (app) => transactions.read(() => ofApp.all({ app })),
    listActive: () => transactions.read(() => active.all()),
    findByBranch: (app, branch) => transactions.read(() => byBranch.get({ app, branch }) ?? null),
    listPendingRefs: () => transactions.read(() => withPendingRef.all()),

    async ensure({ app, name, kind, branch }, actor) {
      // Nearly always it is there, and then nothing needs to be written.
      const there = await transactions.read(() => findSame({ app, name, branch }));
      if (there !== null && there !== "adopts-branch") return there;
      return transactions.writeLasting((transaction) => {
        const found = findSame({ app, name, branch });
        if (found !== null && found !== "adopts-branch") return found;
        checkApp(app);
        const seq = transaction.changed("environment", app, name);
        const place = { app, environment: name };
        transaction.audit(actor, found === null ? "environment.create" : "environment.branch", place, branch ?? "");
        const environment =
          found === null
            ? // Begins above every revision that an earlier environment of this name can have had, so that whoever
              // still holds one of those cannot change this one.
              insert.get({ app, name, kind, branch, revision: seq, createdAt: transaction.at, createdBy: actor.person })
            : adoptBranch.get({ app, name, branch });
        if (environment === undefined) throw environmentNotFound({ app, environment: name });
        return environment;
      });
    },

    // Should this be lost with the power, the ref is moved once more to where it is already.
    clearPendingRef: (app, name) =>
      transactions.write((transaction) => {
        if (clearRef.run({ app, name }).changes === 0) throw environmentNotFound({ app, environment: name });
        transaction.changed("environment", app, name);
      }),

    delete: (app, name, actor) =>
      transactions.writeLasting((transaction) => {
        if (remove.run({ app, name }).changes === 0) throw environmentNotFound({ app, environment: name });
        removeConfig.run({ app, name });
        values.collect(app);
        transaction.audit(actor, "environment.delete", { app, environment: name }, "");
        transaction.changed("environment", app, name);
      }),

    ...makePorts(parts),
  };
}

function branchTaken({ app, name, branch }: Environment): BerthError {
  return new BerthError("conflict", `The branch ${branch} of ${app} deploys to the environment ${name} already.`, {
    path: `${app}/${name}`,
    hint: `Delete the environment ${name} first, or push another branch.`,
  });
}
