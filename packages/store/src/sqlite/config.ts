import { type ConfigEntry, type ConfigName, type ConfigStore, scopeWords } from "@berth/core";
import { and, asc, eq, sql } from "./drizzle.ts";
import { makeAppCheck } from "./app-check.ts";
import { makeConfigValues } from "./config-values.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import { environmentNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { configEntries, configGenerated } from "./schema.ts";

/** A column that is part of a key cannot be null: no service has an empty name. */
const everyService = "";

export function makeConfigStore(parts: Parts): ConfigStore {
  const { db, transactions } = parts;
  const { placeholder } = sql;
  const values = makeConfigValues(parts);
  const checkApp = makeAppCheck(parts);
  const exists = prepareEnvironmentExists(parts);
  const ofApp = db
    .select()
    .from(configEntries)
    .where(eq(configEntries.app, placeholder("app")))
    .orderBy(asc(configEntries.scope), asc(configEntries.service), asc(configEntries.key))
    .prepare();
  const count = db
    .select({ count: sql<number>`count(*)` })
    .from(configEntries)
    .where(eq(configEntries.app, placeholder("app")))
    .prepare();
  const countOf = (app: string) => count.get({ app })?.count ?? 0;
  const upsert = db
    .insert(configEntries)
    .values({
      app: placeholder("app"),
      scope: placeholder("scope"),
      service: placeholder("service"),
      key: placeholder("key"),
      value: placeholder("value"),
      setAt: placeholder("setAt"),
      setBy: placeholder("setBy"),
    })
    .onConflictDoUpdate({
      target: [configEntries.app, configEntries.scope, configEntries.service, configEntries.key],
      set: { value: sql`excluded.value`, setAt: sql`excluded.set_at`, setBy: sql`excluded.set_by` },
    })
    .prepare();
  const ofEnvironment = db
    .select()
    .from(configGenerated)
    .where(
      and(eq(configGenerated.app, placeholder("app")), eq(configGenerated.environment, placeholder("environment"))),
    )
    .orderBy(asc(configGenerated.service), asc(configGenerated.key))
    .prepare();
  const remove = db
    .delete(configEntries)
    .where(
      and(
        eq(configEntries.app, placeholder("app")),
        eq(configEntries.scope, placeholder("scope")),
        eq(configEntries.service, placeholder("service")),
        eq(configEntries.key, placeholder("key")),
      ),
    )
    .prepare();
  const forget = db
    .delete(configGenerated)
    .where(
      and(
        eq(configGenerated.app, placeholder("app")),
        eq(configGenerated.environment, placeholder("scope")),
        eq(configGenerated.service, placeholder("service")),
        eq(configGenerated.key, placeholder("key")),
      ),
    )
    .prepare();

  const listGenerated = (scope: { app: string; environment: string }) =>
    ofEnvironment.all({ app: scope.app, environment: scope.environment }).map(({ service, key, value, drawnAt }) => ({
      service: service === everyService ? null : service,
      key,
      value,
      drawnAt,
    }));

  return {
    list: (app) =>
      transactions.read(() =>
        ofApp.all({ app }).map(({ app: _, service, ...entry }): ConfigEntry => ({
          ...entry,
          service: service === everyService ? null : service,
        })),
      ),

    change: (app, { set, unset }, actor) =>
      transactions.writeLasting((transaction) => {
        checkApp(app);
        const before = countOf(app);
        const removed = unset.filter(({ scope, service, key }) => {
          const named = { app, scope, service: service ?? everyService, key };
          return remove.run(named).changes + forget.run(named).changes > 0;
        });
        if (set.length > 0) {
          values.insert(
            app,
            set.map(({ value }) => value),
          );
          for (const { scope, service, key, value } of set)
            upsert.run({
              app,
              scope,
              service: service ?? everyService,
              key,
              value: value.id,
              setAt: transaction.at,
              setBy: actor.person,
            });
        }
        const isReplaced = countOf(app) < before - removed.length + set.length;
        if (isReplaced || removed.length > 0) values.collect(app);
        for (const [action, names] of [
          ["config.set", set],
          ["config.unset", removed],
        ] as const)
          for (const { where, keys } of groupByPlace(names))
            transaction.audit(actor, action, { app }, `${keys.join(", ")} for ${where}`);
        transaction.changed("config", app, null);
        return removed;
      }),

    generated: (scope) => transactions.read(() => listGenerated(scope)),

    draw: (scope, drawn) =>
      transactions.writeLasting((transaction) => {
        const { app, environment } = scope;
        if (!exists(scope)) throw environmentNotFound(scope);
        const there = new Set(listGenerated(scope).map(({ service, key }) => `${service ?? ""}/${key}`));
        const missing = drawn.filter(({ service, key }) => !there.has(`${service ?? ""}/${key}`));
        values.insert(
          app,
          missing.map(({ value }) => value),
        );
        const rows = missing.map(({ service, key, value }) => ({ service, key, value: value.id }));
        db.run(sql`insert into config_generated (app, environment, service, key, value, drawn_at)
          select ${app}, ${environment}, coalesce(value ->> 'service', ${everyService}), value ->> 'key',
            value ->> 'value', ${transaction.at} from json_each(${JSON.stringify(rows)})`);
        transaction.changed("config", app, environment);
        return listGenerated(scope);
      }),

    values: (app, ids) => transactions.read(() => values.find(app, ids)),
    keyIds: () => transactions.read(() => values.keyIds()),
    listSealedOtherwise: (keyId, limit) => transactions.read(() => values.sealedOtherwise(keyId, limit)),
    reseal: (resealed) =>
      transactions.writeLasting(() => {
        for (const value of resealed) values.reseal(value);
      }),
  };
}

function groupByPlace(names: readonly ConfigName[]): { where: string; keys: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const where = scopeWords(name);
    const keys = groups.get(where);
    if (keys === undefined) groups.set(where, [name.key]);
    else keys.push(name.key);
  }
  return [...groups].map(([where, keys]) => ({ where, keys }));
}
