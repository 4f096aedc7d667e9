import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drizzle, migrate } from "./drizzle.ts";
import type { Connection } from "./connection.ts";
import { newerDatabaseError } from "./failures.ts";

/** The migrations: one SQL file each, in the order of `meta/_journal.json`. A file that was released is never edited. */
export const migrationsFolder = fileURLToPath(new URL("drizzle", import.meta.url));

interface Journal {
  entries: { idx: number; when: number; tag: string }[];
}

export function readJournal(): Journal {
  return JSON.parse(readFileSync(`${migrationsFolder}/meta/_journal.json`, "utf8"));
}

/** Brings the database to this version's schema, in one transaction. Throws where a newer version has been there. */
export function applyMigrations(connection: Connection, file: string): void {
  const applied = lastApplied(connection);
  const newest = Math.max(...readJournal().entries.map(({ when }) => when));
  if (applied > newest) throw newerDatabaseError(file);
  if (applied === newest) return;
  migrate(drizzle(connection), { migrationsFolder });
}

/** When the newest migration that has been applied was made; 0 where there is none. */
function lastApplied(connection: Connection): number {
  const isNew =
    connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get() === undefined;
  if (isNew) return 0;
  const last = connection.prepare("SELECT max(created_at) FROM __drizzle_migrations").pluck().get();
  return typeof last === "number" ? last : 0;
}
