import type { AuditEntry, Change } from "@berth/core";
import { sql } from "./drizzle.ts";
import type { Db } from "./db.ts";
import { audit, changes } from "./schema.ts";

/** What every changing transaction appends. */
export interface Records {
  appendAudit(entry: Omit<AuditEntry, "seq">): void;
  appendChange(change: Omit<Change, "seq">): Change;
}

export function makeRecords(db: Db): Records {
  const insertAudit = db
    .insert(audit)
    .values({
      at: sql.placeholder("at"),
      person: sql.placeholder("person"),
      action: sql.placeholder("action"),
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      detail: sql.placeholder("detail"),
    })
    .prepare();
  const insertChange = db
    .insert(changes)
    .values({
      at: sql.placeholder("at"),
      kind: sql.placeholder("kind"),
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
    })
    .prepare();
  return {
    appendAudit: (entry) => void insertAudit.run(entry),
    appendChange: (change) => ({ ...change, seq: Number(insertChange.run(change).lastInsertRowid) }),
  };
}
