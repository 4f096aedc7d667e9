import type { SealedValue } from "@berth/core";
import { and, eq, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import { configValues } from "./schema.ts";

const columns = sql`id, app, sealed, key_id as "keyId"`;

/** The rows of values, of which a release may name a thousand: what only names them takes all as JSON. All within a transaction. */
export function makeConfigValues({ db }: Pick<Parts, "db">) {
  const reseal = db
    .update(configValues)
    .set({ sealed: sql`${sql.placeholder("sealed")}`, keyId: sql`${sql.placeholder("keyId")}` })
    .where(and(eq(configValues.id, sql.placeholder("id")), eq(configValues.keyId, sql.placeholder("from"))))
    .prepare();

  const insert = db
    .insert(configValues)
    .values({
      id: sql.placeholder("id"),
      app: sql.placeholder("app"),
      sealed: sql.placeholder("sealed"),
      keyId: sql.placeholder("keyId"),
    })
    .prepare();

  return {
    insert(app: string, values: readonly SealedValue[]): void {
      for (const { id, sealed, keyId } of values) insert.run({ id, app, sealed, keyId });
    },
    find: (app: string, ids: readonly string[]): SealedValue[] =>
      db.all(sql`select ${columns} from config_values
        where id in (select value from json_each(${JSON.stringify(ids)})) and +app = ${app}`),
    count(app: string, ids: readonly string[]): number {
      const found = db.get<{ count: number }>(sql`select count(*) as count from config_values
        where id in (select value from json_each(${JSON.stringify(ids)})) and +app = ${app}`);
      return found.count;
    },
    keyIds: (): string[] =>
      db.all<{ keyId: string }>(sql`select distinct key_id as "keyId" from "config_values"`).map(({ keyId }) => keyId),
    sealedOtherwise: (keyId: string, limit: number): SealedValue[] =>
      db.all(sql`select ${columns} from config_values where key_id < ${keyId} or key_id > ${keyId} limit ${limit}`),
    reseal: ({ id, sealed, keyId, from }: SealedValue & { from: string }): void =>
      void reseal.run({ id, sealed, keyId, from }),
    /** Notes which values a release names. */
    name(release: { app: string; environment: string; version: number }, ids: readonly string[]): void {
      const { app, environment, version } = release;
      db.run(sql`insert into release_values (app, environment, version, value)
        select ${app}, ${environment}, ${version}, value from json_each(${JSON.stringify(ids)})`);
    },
    /** Removes those of an app that nothing names any more. */
    collect(app: string): void {
      db.run(sql`delete from config_values where app = ${app}
        and not exists (select 1 from config_entries where value = config_values.id)
        and not exists (select 1 from config_generated where value = config_values.id)
        and not exists (select 1 from release_values where value = config_values.id)`);
    },
  };
}
