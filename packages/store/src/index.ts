export { openSqliteStore, type SqliteStoreDeps } from "./sqlite/open.ts";
