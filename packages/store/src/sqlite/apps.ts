import { type AppStore, BerthError, checkAppName } from "@berth/core";
import { and, asc, eq, gt, sql } from "./drizzle.ts";
import { bound } from "./db.ts";
import { appNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { apps, operations } from "./schema.ts";

export function makeAppStore({ db, transactions, followers }: Parts): AppStore {
  const insert = db
    .insert(apps)
    .values({
      name: sql.placeholder("name"),
      defaultBranch: sql.placeholder("defaultBranch"),
      createdAt: sql.placeholder("createdAt"),
      createdBy: sql.placeholder("createdBy"),
    })
    .onConflictDoNothing()
    .returning()
    .prepare();
  const byName = db
    .select()
    .from(apps)
    .where(eq(apps.name, sql.placeholder("name")))
    .prepare();
  const page = db
    .select()
    .from(apps)
    .where(gt(apps.name, sql.placeholder("after")))
    .orderBy(asc(apps.name))
    .limit(sql.placeholder("limit"))
    .prepare();
  const updateBranch = db
    .update(apps)
    .set({ defaultBranch: bound(apps.defaultBranch, "branch") })
    .where(eq(apps.name, sql.placeholder("name")))
    .prepare();
  const remove = db
    .delete(apps)
    .where(eq(apps.name, sql.placeholder("name")))
    .prepare();
  const runningOperations = db
    .select({ id: operations.id })
    .from(operations)
    .where(and(sql`state = 'running'`, eq(operations.app, sql.placeholder("name"))))
    .prepare();

  return {
    create: ({ name, defaultBranch }, actor) =>
      transactions.writeLasting((transaction) => {
        checkAppName(name);
        const app = insert.get({ name, defaultBranch, createdAt: transaction.at, createdBy: actor.person });
        if (app === undefined) throw appExists(name);
        transaction.audit(actor, "app.create", { app: name }, "");
        transaction.changed("app", name, null);
        return app;
      }),

    get: (name) => transactions.read(() => byName.get({ name }) ?? null),

    list: ({ limit, after = "" }) => transactions.read(() => page.all({ limit, after })),

    setDefaultBranch: (name, branch, actor) =>
      transactions.writeLasting((transaction) => {
        if (updateBranch.run({ name, branch }).changes === 0) throw appNotFound(name);
        transaction.audit(actor, "app.default-branch", { app: name }, branch);
        transaction.changed("app", name, null);
      }),

    delete: (name, actor) =>
      transactions.writeLasting((transaction) => {
        const interrupted = runningOperations.all({ name });
        if (remove.run({ name }).changes === 0) throw appNotFound(name);
        transaction.audit(actor, "app.delete", { app: name }, "");
        transaction.changed("app", name, null);
        for (const { id } of interrupted) transaction.after(() => followers.ended(id));
      }),
  };
}

function appExists(name: string): BerthError {
  return new BerthError("app.exists", `There is an app named ${name} already.`, {
    path: name,
    hint: "Choose another name, or deploy to that app.",
  });
}
