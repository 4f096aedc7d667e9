import type { Actor, BerthError, Change, Clock } from "@berth/core";
import type { Checkpoints } from "./checkpoints.ts";
import type { Connection } from "./connection.ts";
import { brokenDiskError, closedError, explainFailure } from "./failures.ts";
import { makeNotices } from "./notices.ts";
import type { Records } from "./records.ts";

/** What a piece of work does besides its own rows, within its transaction. */
export interface Transaction {
  /** When it happens: ms since the epoch, one time for all its rows. */
  at: number;
  /** Appends to the audit who did what. */
  audit(actor: Actor, action: string, place: { app?: string; environment?: string }, detail: string): void;
  /** Appends to the changes that loops follow; answers its sequence number. */
  changed(kind: Change["kind"], app: string | null, environment: string | null): number;
  /** Called after the commit (and its sync, where it has one), in the order of the commits. */
  after(notice: () => void): void;
}

export interface Transactions {
  read<T>(query: () => T): Promise<T>;
  /** Resolves once the change would survive the loss of power. */
  writeLasting<T>(work: (transaction: Transaction) => T): Promise<T>;
  /** Resolves once the change would survive the end of this process; it lasts with the next lasting one. */
  write<T>(work: (transaction: Transaction) => T): Promise<T>;
  close(): Promise<void>;
}

export interface TransactionDeps {
  connection: Connection;
  file: string;
  records: Records;
  checkpoints: Checkpoints;
  /** Makes everything committed so far last. */
  sync(): Promise<void>;
  notifyChange(change: Change): void;
  clock: Clock;
}

/** The one way to the database: each read and each write is one transaction, and every failure is explained. */
export function makeTransactions(deps: TransactionDeps): Transactions {
  const { connection, file } = deps;
  const notices = makeNotices();
  const syncing = new Set<Promise<void>>();
  let broken: BerthError | null = null;

  // Immediate, for a transaction that reads before it writes; there is nobody to wait for.
  const transact = connection.transaction((work: () => void) => work()).immediate;

  function commit<T>(work: (transaction: Transaction) => T): { result: T; after: (() => void)[] } {
    if (broken !== null) throw broken;
    const after: (() => void)[] = [];
    const transaction = makeTransaction(deps, after);
    let result: { value: T } | undefined;
    attempt(() => transact(() => (result = { value: work(transaction) })));
    if (result === undefined) throw closedError(file);
    deps.checkpoints.noteCommit();
    return { result: result.value, after };
  }

  function attempt<T>(work: () => T): T {
    if (!connection.open) throw closedError(file);
    try {
      return work();
    } catch (thrown) {
      throw explainFailure(thrown, file);
    }
  }

  async function makeLast(): Promise<void> {
    const mine = deps.sync();
    syncing.add(mine);
    try {
      await mine;
    } catch (thrown) {
      // After a failed sync the system may have dropped the pages; a later sync that succeeds would prove nothing.
      broken ??= brokenDiskError(file, thrown);
      throw broken;
    } finally {
      syncing.delete(mine);
    }
  }

  return {
    read: async (query) => attempt(query),
    async write(work) {
      const { result, after } = commit(work);
      notices.post(after).release();
      return result;
    },
    async writeLasting(work) {
      const { result, after } = commit(work);
      const notice = notices.post(after);
      try {
        await makeLast();
      } catch (error) {
        notice.drop();
        throw error;
      }
      notice.release();
      return result;
    },
    async close() {
      await Promise.allSettled(syncing);
    },
  };
}

function makeTransaction(deps: TransactionDeps, after: (() => void)[]): Transaction {
  const at = deps.clock.now();
  return {
    at,
    audit: (
      actor,
      action,
      { app = null, environment = null }: Partial<Record<"app" | "environment", string | null>>,
      detail,
    ) => deps.records.appendAudit({ at, person: actor.person, action, app, environment, detail }),
    changed(kind, app, environment) {
      const change = deps.records.appendChange({ at, kind, app, environment });
      after.push(() => deps.notifyChange(change));
      return change.seq;
    },
    after: (notice) => void after.push(notice),
  };
}
