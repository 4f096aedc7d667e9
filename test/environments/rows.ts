import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What is in tables of a server's database, read from a copy: it has that for itself. */
export async function readRows(
  home: string,
  tables: readonly string[],
): Promise<Record<string, Record<string, unknown>[]>> {
  const copy = mkdtempSync(join(tmpdir(), "berth-database-"));
  try {
    for (const name of ["berth.db", "berth.db-wal"])
      if (existsSync(join(home, name))) cpSync(join(home, name), join(copy, name));
    const database = new DatabaseSync(join(copy, "berth.db"));
    try {
      return Object.fromEntries(tables.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()]));
    } finally {
      database.close();
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}
