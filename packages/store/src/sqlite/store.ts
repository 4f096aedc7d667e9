import type { Change, Clock, Log, Random, Store } from "@berth/core";
import type { Logger } from "drizzle-orm/logger";
import { desc, drizzle } from "./drizzle.ts";
import { makeAppStore } from "./apps.ts";
import { makeArtifactStore } from "./artifacts.ts";
import { makeAuditStore } from "./audit.ts";
import { makeBaseStore } from "./bases.ts";
import { makeChangeStore, trimChanges } from "./changes.ts";
import { startCheckpoints } from "./checkpoints.ts";
import { makeClusterStore } from "./clusters.ts";
import { makeConfigStore } from "./config.ts";
import type { Connection } from "./connection.ts";
import { makeCronStore } from "./crons.ts";
import type { Db } from "./db.ts";
import { makeDrillStore } from "./drills.ts";
import { makeEnvironmentStore } from "./environments.ts";
import { makeFollowers } from "./followers.ts";
import { makeGroupSync } from "./group-sync.ts";
import { makeIds } from "./ids.ts";
import { makeInstallationStore } from "./installation.ts";
import { makeListeners } from "./listeners.ts";
import { makeOperationStore } from "./operations.ts";
import { makeRecords } from "./records.ts";
import { makeReleaseStore } from "./releases.ts";
import { operations } from "./schema.ts";
import { makeTokenStore } from "./tokens.ts";
import { makeTransactions } from "./transactions.ts";
import { makeUsageStore } from "./usage.ts";
import { makeWakeStore } from "./wakes.ts";
import { makeWorkloadStore } from "./workloads.ts";

export interface StoreParts {
  connection: Connection;
  file: string;
  /** Makes what SQLite has written to its log last through a loss of power. */
  sync(): Promise<void>;
  /** Gives up what `sync` needs; called once SQLite is closed. */
  release(): void;
  clock: Clock;
  random: Random;
  log: Log;
  /** Told each statement that runs. */
  statementLog?: Logger;
}

/** The store over a connection whose schema is this version's. It owns the connection and closes it. */
export function makeSqliteStore(deps: StoreParts): Store {
  const { connection } = deps;
  const db: Db = drizzle(connection, deps.statementLog === undefined ? {} : { logger: deps.statementLog });
  trimChanges(db);
  const records = makeRecords(db);
  const changeFollowers = makeListeners<Change>(deps.log);
  const checkpoints = startCheckpoints(deps);
  const transactions = makeTransactions({
    ...deps,
    records,
    checkpoints,
    sync: makeGroupSync(deps.sync),
    notifyChange: changeFollowers.tell,
  });
  const parts = { db, transactions, followers: makeFollowers(deps.log), makeId: makeIds(deps, lastId(db)) };
  return {
    apps: makeAppStore(parts),
    environments: makeEnvironmentStore(parts),
    releases: makeReleaseStore(parts),
    artifacts: makeArtifactStore(parts),
    bases: makeBaseStore(parts),
    clusters: makeClusterStore(parts),
    config: makeConfigStore(parts),
    operations: makeOperationStore(parts),
    tokens: makeTokenStore(parts),
    audit: makeAuditStore(parts, records),
    changes: makeChangeStore(db, transactions, changeFollowers),
    workloads: makeWorkloadStore(parts),
    wakes: makeWakeStore(parts),
    crons: makeCronStore(parts),
    drills: makeDrillStore(parts),
    usage: makeUsageStore(parts),
    installation: makeInstallationStore(parts),
    async close() {
      checkpoints.stop();
      await transactions.close();
      if (!connection.open) return;
      connection.close();
      deps.release();
    },
  };
}

/** The id part of the newest operation: later ones sort after it even where the clock went back. */
function lastId(db: Db): string | null {
  const newest = db.select({ id: operations.id }).from(operations).orderBy(desc(operations.id)).limit(1).get();
  return newest?.id.replace(/^op_/, "") ?? null;
}
