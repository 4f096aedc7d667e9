import type { Db } from "./db.ts";
import type { Followers } from "./followers.ts";
import type { Transactions } from "./transactions.ts";

/** What the modules of the aggregates are made from. */
export interface Parts {
  db: Db;
  transactions: Transactions;
  followers: Followers;
  makeId: () => string;
}
