import { BerthError, type Environment, type EnvironmentStore, type WantedEnvironment } from "@berth/core";
import { and, eq, sql } from "./drizzle.ts";
import { makeAppCheck } from "./app-check.ts";
import { makeConfigValues } from "./config-values.ts";
import { bound } from "./db.ts";
import { environmentColumns, isNamed } from "./environment-columns.ts";
import { makeLeases } from "./leases.ts";
import { environmentNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { makePorts } from "./ports.ts";
import { configEntries, environments } from "./schema.ts";

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
      usedAt: sql.placeholder("createdAt"),
      ttlMs: sql.placeholder("ttlMs"),
      isProtected: sql.placeholder("isProtected"),
      createdAt: sql.placeholder("createdAt"),
      createdBy: sql.placeholder("createdBy"),
    })
    .returning(environmentColumns)
    .prepare();
  const settle = db
    .update(environments)
    .set({ branch: bound(environments.branch, "branch"), kind: bound(environments.kind, "kind") })
    .where(isNamed)
    .returning(environmentColumns)
    .prepare();
  const leaveBranch = db.update(environments).set({ branch: null, pendingRef: null }).where(isNamed).prepare();
  const clearRef = db.update(environments).set({ pendingRef: null }).where(isNamed).prepare();
  const remove = db.delete(environments).where(isNamed).prepare();
  const values = makeConfigValues({ db });
  const removeConfig = db
    .delete(configEntries)
    .where(and(eq(configEntries.app, sql.placeholder("app")), eq(configEntries.scope, sql.placeholder("name"))))
    .prepare();

  /** What is there of an environment that is wanted, and what it is to become. Throws where the branch belongs to another, and stays with it. */
  function judge({ app, name, kind, branch, takesBranch = false }: WantedEnvironment) {
    const there = byName.get({ app, name }) ?? null;
    const adopts = branch !== null && there?.branch !== branch && (takesBranch || (there?.branch ?? null) === null);
    const owner = adopts ? (byBranch.get({ app, branch }) ?? null) : null;
    if (owner !== null && !takesBranch) throw branchTaken(owner);
    const becomes = {
      branch: adopts ? branch : (there?.branch ?? null),
      kind: kind === "lasting" ? kind : (there?.kind ?? kind),
    };
    return { there, owner, becomes, isSame: !adopts && there?.kind === becomes.kind };
  }

  return {
    get: (app, name) => transactions.read(() => byName.get({ app, name }) ?? null),
    list: (app) => transactions.read(() => ofApp.all({ app })),
    listActive: () => transactions.read(() => active.all()),
    findByBranch: (app, branch) => transactions.read(() => byBranch.get({ app, branch }) ?? null),
    listPendingRefs: () => transactions.read(() => withPendingRef.all()),

    async ensure(wanted, actor) {
      const { app, name, kind, branch, ttlMs = null, isProtected = false } = wanted;
      // Nearly always it is there, and then nothing needs to be written.
      const found = await transactions.read(() => judge(wanted));
      if (found.there !== null && found.isSame) return found.there;
      return transactions.writeLasting((transaction) => {
        const { there, owner, becomes, isSame } = judge(wanted);
        if (there !== null && isSame) return there;
        checkApp(app);
        const seq = transaction.changed("environment", app, name);
        const place = { app, environment: name };
        transaction.audit(actor, there === null ? "environment.create" : "environment.branch", place, branch ?? "");
        if (owner !== null) {
          leaveBranch.run({ app, name: owner.name });
          transaction.changed("environment", app, owner.name);
        }
        // Begins above every revision that an earlier environment of this name can have had, so that whoever
        // still holds one of those cannot change this one.
        const fresh = { revision: seq, createdAt: transaction.at, createdBy: actor.person };
        const environment =
          there === null
            ? insert.get({ app, name, kind, branch, ttlMs, isProtected, ...fresh })
            : settle.get({ app, name, ...becomes });
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

    delete: (app, name, actor, detail = "") =>
      transactions.writeLasting((transaction) => {
        if (remove.run({ app, name }).changes === 0) throw environmentNotFound({ app, environment: name });
        removeConfig.run({ app, name });
        values.collect(app);
        transaction.audit(actor, "environment.delete", { app, environment: name }, detail);
        transaction.changed("environment", app, name);
      }),

    ...makeLeases(parts),
    ...makePorts(parts),
  };
}

function branchTaken({ app, name, branch }: Environment): BerthError {
  return new BerthError("conflict", `The branch ${branch} of ${app} deploys to the environment ${name} already.`, {
    path: `${app}/${name}`,
    hint: `Delete the environment ${name} first, or push another branch.`,
  });
}
