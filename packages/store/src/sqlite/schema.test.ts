import { readdirSync } from "node:fs";
import Database from "better-sqlite3";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { expect, onTestFinished, test } from "vitest";
import { getTableConfig, SQLiteTable } from "./drizzle.ts";
import { applyMigrations, migrationsFolder, readJournal } from "./migrate.ts";
import * as schema from "./schema.ts";

function openMigrated(): Database.Database {
  const connection = new Database(":memory:");
  onTestFinished(() => void connection.close());
  applyMigrations(connection, ":memory:");
  return connection;
}

const tables = Object.values(schema).map((table) => getTableConfig(table));
const names = (columns: readonly { name: string }[]) => columns.map(({ name }) => name);

/** What the schema says of a table, in SQLite's words. */
function declared({ columns, primaryKeys, indexes, foreignKeys }: (typeof tables)[number]) {
  const key = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
  const isKey = (column: SQLiteColumn) => names(key).includes(column.name);
  return {
    columns: columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      notNull: column.notNull || isKey(column),
    })),
    key: names(key),
    indexes: indexes
      .map(({ config }) => ({
        name: config.name,
        unique: config.unique,
        columns: config.columns.map((column) => ("name" in column ? column.name : "an expression")),
        where: config.where?.queryChunks.map((chunk) => (chunk as { value: string[] }).value.join("")).join("") ?? null,
      }))
      .sort(byName),
    foreignKeys: foreignKeys
      .map((foreignKey) => {
        const { columns: from, foreignColumns, foreignTable } = foreignKey.reference();
        const target = getTableConfig(foreignTable).name;
        return { name: target, from: names(from), to: names(foreignColumns), onDelete: foreignKey.onDelete };
      })
      .sort(byName),
  };
}

/** What the migrations have made. */
function made(connection: Database.Database, table: string) {
  const rows = <T>(sql: string, ...parameters: string[]) => connection.prepare<string[], T>(sql).all(...parameters);
  const columns = rows<{ name: string; type: string; notnull: number; pk: number }>(
    "SELECT * FROM pragma_table_info(?)",
    table,
  );
  const indexSql = new Map(
    rows<{ name: string; sql: string | null }>("SELECT name, sql FROM sqlite_schema WHERE type = 'index'").map(
      ({ name, sql }) => [name, sql],
    ),
  );
  const references = rows<{ id: number; table: string; from: string; to: string; on_delete: string }>(
    "SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq",
    table,
  );
  return {
    columns: columns.map(({ name, type, notnull }) => ({ name, type: type.toLowerCase(), notNull: notnull === 1 })),
    key: names(columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)),
    indexes: rows<{ name: string; unique: number; origin: string }>("SELECT * FROM pragma_index_list(?)", table)
      .filter(({ origin }) => origin === "c")
      .map(({ name, unique }) => ({
        name,
        unique: unique === 1,
        columns: names(rows<{ name: string }>("SELECT name FROM pragma_index_info(?)", name)),
        where: indexSql.get(name)?.split(" WHERE ")[1] ?? null,
      }))
      .sort(byName),
    foreignKeys: [...Map.groupBy(references, ({ id }) => id).values()]
      .map((parts) => ({
        name: parts[0]!.table,
        from: parts.map(({ from }) => from),
        to: parts.map(({ to }) => to),
        onDelete: parts[0]!.on_delete.toLowerCase(),
      }))
      .sort(byName),
  };
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

test("everything the schema exports is a table", () => {
  expect(Object.values(schema).every((table) => table instanceof SQLiteTable)).toBe(true);
});

test.each(tables.map((table) => ({ name: table.name, table })))(
  "the migrations make $name as the schema says",
  ({ name, table }) => {
    expect(made(openMigrated(), name)).toEqual(declared(table));
  },
);

test("the migrations make no other tables, and all of them strict", () => {
  const found = openMigrated()
    .prepare<[], { name: string; strict: number }>(
      "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '__drizzle_migrations'",
    )
    .all();
  expect(names(found).sort()).toEqual(names(tables).sort());
  expect(found.filter(({ strict }) => strict === 0)).toEqual([]);
});

test("the journal names every migration there is, in order", () => {
  const { entries } = readJournal();
  const files = readdirSync(migrationsFolder).filter((file) => file.endsWith(".sql"));
  expect(entries.map(({ tag }) => `${tag}.sql`)).toEqual(files.sort());
  expect(entries.map(({ idx }) => idx)).toEqual(entries.map((_, index) => index));
  const times = entries.map(({ when }) => when);
  expect(times.toSorted((a, b) => a - b)).toEqual(times);
  expect(new Set(times).size).toBe(times.length);
});

test("a database that is up to date is not migrated again", () => {
  const connection = openMigrated();
  const count = () => connection.prepare("SELECT total_changes()").pluck().get();
  const before = count();
  applyMigrations(connection, ":memory:");
  expect(count()).toBe(before);
});
