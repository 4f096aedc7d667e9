import { BerthError } from "@berth/core";

const tryAgain = "Free some space and try again; nothing that was live has changed.";

interface Explanation {
  /** The beginning of SQLite's or the system's error code. */
  codes: readonly string[];
  message: string;
  hint: string;
  code?: "disk.full";
}

const explanations: readonly Explanation[] = [
  {
    codes: ["SQLITE_FULL", "ENOSPC", "EDQUOT"],
    code: "disk.full",
    message: "The disk that holds Berth's database is full.",
    hint: tryAgain,
  },
  {
    codes: ["SQLITE_BUSY", "SQLITE_LOCKED"],
    message: "Another Berth server is using this database.",
    hint: "Stop that server, or give this one a BERTH_HOME of its own.",
  },
  {
    codes: ["SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "EACCES", "EPERM", "EROFS", "EISDIR"],
    message: "Berth's database cannot be written.",
    hint: "Make the file and its folder writable for the user that runs Berth, or set BERTH_HOME to a folder that is.",
  },
  {
    codes: ["SQLITE_NOTADB", "SQLITE_CORRUPT"],
    message: "Berth's database is damaged.",
    hint: "Put a backup in its place, and keep the damaged file: the command `.recover` of sqlite3 saves most of it.",
  },
  {
    codes: ["SQLITE_IOERR", "EIO"],
    message: "The disk failed while Berth's database was read or written.",
    hint: "Look at the disk's health and the system's log before starting Berth again.",
  },
];

/** What SQLite or the system threw, as an error that names the file and says what to do. A BerthError passes, and so does what is not theirs. */
export function explainFailure(thrown: unknown, file: string): unknown {
  if (thrown instanceof BerthError) return thrown;
  const code = codeOf(thrown);
  if (code === null) return thrown;
  const explanation = explanations.find(({ codes }) => codes.some((known) => code.startsWith(known)));
  if (explanation !== undefined) {
    const { message, hint } = explanation;
    return new BerthError(explanation.code ?? "store.failed", message, { path: file, hint, cause: thrown });
  }
  if (!code.startsWith("SQLITE_")) return thrown;
  return new BerthError("store.failed", `Berth's database refused a statement (${code}).`, {
    path: file,
    hint: "This is a fault of Berth; please report it with the log.",
    cause: thrown,
  });
}

function codeOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return null;
  return typeof thrown.code === "string" ? thrown.code : null;
}

/** The database was closed: a caller that outlived the server's parts. */
export function closedError(file: string): BerthError {
  return new BerthError("store.failed", "Berth's database is closed.", { path: file, hint: "Berth is stopping." });
}

/** The folder of the database is not there. */
export function missingFolderError(folder: string): BerthError {
  return new BerthError("store.failed", "The folder for Berth's database does not exist.", {
    path: folder,
    hint: "Make it, or set BERTH_HOME to a folder that exists.",
  });
}

/** The file is a SQLite database, but of another program. */
export function foreignDatabaseError(file: string): BerthError {
  return new BerthError("store.failed", "This database belongs to another program.", {
    path: file,
    hint: "Move it away, or set BERTH_HOME to another folder.",
  });
}

/** The file was migrated by a newer Berth than this one. */
export function newerDatabaseError(file: string): BerthError {
  return new BerthError("store.failed", "This database was written by a newer version of Berth.", {
    path: file,
    hint: "Start that version again, or put back the backup from before the upgrade.",
  });
}

/** Syncing failed once: what is on the disk is not known any more, so nothing can be acknowledged until it has been read again. */
export function brokenDiskError(file: string, cause: unknown): BerthError {
  return new BerthError("store.failed", "Berth's database could not be made to last on the disk.", {
    path: file,
    hint: "Look at the disk's health and free space, then start Berth again: it goes on from what is on the disk.",
    cause,
  });
}
