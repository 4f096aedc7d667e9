import { createRequire } from "node:module";
import type * as driver from "drizzle-orm/better-sqlite3";
import type * as migrator from "drizzle-orm/better-sqlite3/migrator";
import type * as core from "drizzle-orm/sqlite-core";
import type * as orm from "drizzle-orm";

// The one way to Drizzle here, through its CommonJS build: its modules import each other in circles, which Node's loader of
// ES modules takes 300 ms and 160 MB of garbage to link. This takes 50 ms and 10 MB, of an idle server's 150.
const require = createRequire(import.meta.url);

export const { and, asc, desc, eq, gt, gte, lt, lte, notInArray, sql }: typeof orm = require("drizzle-orm");
export const {
  customType,
  foreignKey,
  getTableConfig,
  index,
  integer,
  primaryKey,
  sqliteTable,
  SQLiteTable,
  text,
  uniqueIndex,
}: typeof core = require("drizzle-orm/sqlite-core");
export const { drizzle }: typeof driver = require("drizzle-orm/better-sqlite3");
export const { migrate }: typeof migrator = require("drizzle-orm/better-sqlite3/migrator");
