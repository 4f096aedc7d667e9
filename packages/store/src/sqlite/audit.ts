import type { AuditStore } from "@berth/core";
import { and, desc, eq, lt, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import type { Records } from "./records.ts";
import { audit } from "./schema.ts";

export function makeAuditStore({ db, transactions }: Parts, records: Records): AuditStore {
  const preparePage = (filter: { app?: true }) =>
    db
      .select()
      .from(audit)
      .where(and(filter.app && eq(audit.app, sql.placeholder("app")), lt(audit.seq, sql.placeholder("after"))))
      .orderBy(desc(audit.seq))
      .limit(sql.placeholder("limit"))
      .prepare();
  const pages = { all: preparePage({}), app: preparePage({ app: true }) };

  return {
    append: (entry) => transactions.writeLasting(({ at }) => records.appendAudit({ ...entry, at })),
    list: ({ app }, { limit, after = Number.MAX_SAFE_INTEGER }) =>
      transactions.read(() =>
        app === undefined ? pages.all.all({ limit, after }) : pages.app.all({ app, limit, after }),
      ),
  };
}
