import type { Clock, Log } from "@berth/core";
import type { Connection } from "./connection.ts";

/** About 500 pages of log: a checkpoint of some milliseconds. */
const commitsPerCheckpoint = 64;
/** Long enough for the promote that made the commit, and the flip after it, to be over. */
const pauseMs = 200;

export interface Checkpoints {
  /** A transaction has written something. */
  noteCommit(): void;
  stop(): void;
}

/**
 * Copies the log back into the database from time to time, between transactions: SQLite would do it inside the commit
 * that fills the log, and one promote in a hundred would wait for two syncs of much data.
 */
export function startCheckpoints(deps: { connection: Connection; clock: Clock; log: Log }): Checkpoints {
  const stopped = new AbortController();
  let commits = 0;
  let isPlanned = false;

  async function checkpointSoon(): Promise<void> {
    await deps.clock.sleep(pauseMs, stopped.signal);
    if (stopped.signal.aborted) return;
    isPlanned = false;
    commits = 0;
    try {
      deps.connection.pragma("wal_checkpoint(PASSIVE)");
    } catch (error) {
      // Everything is still in the log, and the next one tries again.
      deps.log.warn({ err: error }, "could not write the database's log back into it");
    }
  }

  return {
    noteCommit() {
      commits += 1;
      if (commits < commitsPerCheckpoint || isPlanned) return;
      isPlanned = true;
      void checkpointSoon();
    },
    stop: () => stopped.abort(),
  };
}
