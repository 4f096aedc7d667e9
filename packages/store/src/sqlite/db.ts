import type { Column, SQL } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { sql } from "./drizzle.ts";

export type Db = BetterSQLite3Database;

/** A placeholder of a prepared `set`, written as its column writes values. */
export function bound(column: Column, name: string): SQL {
  return sql`${sql.param(sql.placeholder(name), column)}`;
}
