import { closeSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { hasCode } from "@berth/core";
import Database from "better-sqlite3";
import { explainFailure, foreignDatabaseError, missingFolderError } from "./failures.ts";

export type Connection = Database.Database;

/** "Brth": marks a SQLite file as Berth's, see https://sqlite.org/pragma.html#pragma_application_id. */
export const applicationId = 0x42727468;

/**
 * Opens the database file for this process alone, made first where it is not there (readable by its owner only).
 * Throws a BerthError where another process has it, it cannot be written, is damaged, or is another program's.
 */
export function openConnection(file: string): Connection {
  let connection: Connection | undefined;
  try {
    makeFile(file);
    // Berth waits for nobody: the only other user of the file would be a second server, and it does not go away by waiting.
    connection = new Database(file, { timeout: 0 });
    lock(connection);
    claim(connection, file);
    configure(connection);
    return connection;
  } catch (thrown) {
    connection?.close();
    throw explainFailure(thrown, file);
  }
}

function makeFile(file: string): void {
  const folder = dirname(file);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) throw missingFolderError(folder);
  try {
    // Only where it is not there: closing a second descriptor of an open database would give up its lock (POSIX).
    closeSync(openSync(file, "wx", 0o600));
  } catch (thrown) {
    // A folder that files cannot be made in (such as below /proc) answers ENOENT: SQLite says the same in its own words.
    if (!hasCode(thrown, "EEXIST") && !hasCode(thrown, "ENOENT")) throw thrown;
  }
}

/**
 * The lock is SQLite's own on the file: the system releases it when the process ends, however it ends. Being alone also
 * spares the shared-memory file, and with it the crash (SIGBUS) of a process whose mapped file meets a full disk.
 */
function lock(connection: Connection): void {
  connection.pragma("locking_mode = EXCLUSIVE");
  connection.exec("BEGIN EXCLUSIVE; COMMIT");
}

function claim(connection: Connection, file: string): void {
  const id = connection.pragma("application_id", { simple: true });
  if (id === applicationId) return;
  const isEmpty = connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (id !== 0 || !isEmpty) throw foreignDatabaseError(file);
  connection.pragma(`application_id = ${applicationId}`);
}

function configure(connection: Connection): void {
  connection.pragma("journal_mode = WAL");
  // Commits do not sync; the transactions that must last wait for a sync of the log beside the event loop (group-sync.ts).
  connection.pragma("synchronous = NORMAL");
  // checkpoints.ts makes them between transactions; this bounds the log should it never get to.
  connection.pragma("wal_autocheckpoint = 4000");
  connection.pragma(`journal_size_limit = ${16 * 1024 * 1024}`);
  connection.pragma("foreign_keys = ON");
  connection.pragma("trusted_schema = OFF");
  // KiB: enough for the inner pages of every index of a large installation, small beside what a server may use when idle.
  connection.pragma("cache_size = -4096");
}
