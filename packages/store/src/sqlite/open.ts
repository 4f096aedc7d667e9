import { closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import type { Clock, Log, Random, Store } from "@berth/core";
import { openConnection } from "./connection.ts";
import { explainFailure } from "./failures.ts";
import { applyMigrations } from "./migrate.ts";
import { makeSqliteStore } from "./store.ts";

export interface SqliteStoreDeps {
  /** The database's path; made where it is not there. Its folder must exist. */
  file: string;
  clock: Clock;
  random: Random;
  log: Log;
}

const syncData = promisify(fdatasync);

/**
 * Opens the shared database of one installation in a SQLite file and brings it to this version's schema.
 * The file belongs to this process until `close` or its end. Throws `store.failed` with the file and a hint where another
 * process has it, it or its folder cannot be written, it is damaged, another program's, or of a newer Berth; `disk.full`.
 */
export async function openSqliteStore({ file, ...deps }: SqliteStoreDeps): Promise<Store> {
  const path = resolve(file);
  const connection = openConnection(path);
  try {
    applyMigrations(connection, path);
    const log = openLog(path);
    return makeSqliteStore({ ...deps, ...log, connection, file: path });
  } catch (thrown) {
    connection.close();
    throw explainFailure(thrown, path);
  }
}

/** SQLite's write-ahead log, opened beside it for syncing. SQLite takes its locks on the database file alone, so closing this gives none up. */
function openLog(file: string): { sync(): Promise<void>; release(): void } {
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
  const descriptor = openSync(`${file}-wal`, "r");
  return { sync: () => syncData(descriptor), release: () => closeSync(descriptor) };
}
