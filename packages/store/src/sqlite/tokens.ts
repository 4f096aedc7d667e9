import type { Token, TokenStore } from "@berth/core";
import { asc, eq, sql } from "./drizzle.ts";
import { bound } from "./db.ts";
import { tokenNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { tokens } from "./schema.ts";

/** How exact `lastUsedAt` is. */
const touchEveryMs = 60_000;

const tokenColumns = {
  id: tokens.id,
  person: tokens.person,
  role: tokens.role,
  note: tokens.note,
  createdAt: tokens.createdAt,
  lastUsedAt: tokens.lastUsedAt,
};

export function makeTokenStore({ db, transactions, makeId }: Parts): TokenStore {
  const byId = db
    .select(tokenColumns)
    .from(tokens)
    .where(eq(tokens.id, sql.placeholder("id")))
    .prepare();
  const byHash = db
    .select({ ...tokenColumns, hash: tokens.hash })
    .from(tokens)
    .where(eq(tokens.hash, sql.placeholder("hash")))
    .prepare();
  const all = db.select(tokenColumns).from(tokens).orderBy(asc(tokens.id)).prepare();
  const insert = db
    .insert(tokens)
    .values({
      id: sql.placeholder("id"),
      hash: sql.placeholder("hash"),
      person: sql.placeholder("person"),
      role: sql.placeholder("role"),
      note: sql.placeholder("note"),
      createdAt: sql.placeholder("createdAt"),
    })
    .prepare();
  const noteUse = db
    .update(tokens)
    .set({ lastUsedAt: bound(tokens.lastUsedAt, "at") })
    .where(eq(tokens.id, sql.placeholder("id")))
    .prepare();
  const remove = db
    .delete(tokens)
    .where(eq(tokens.id, sql.placeholder("id")))
    .prepare();

  return {
    create: ({ person, role, note, hash }, actor) =>
      transactions.writeLasting((transaction) => {
        const token: Token = { id: `tok_${makeId()}`, person, role, note, createdAt: transaction.at, lastUsedAt: null };
        insert.run({ ...token, hash });
        transaction.audit(actor, "token.create", {}, `${token.id} for ${person} (${role})`);
        transaction.changed("token", null, null);
        return token;
      }),

    findByHash: (hash) => transactions.read(() => byHash.get({ hash }) ?? null),

    async touch(id) {
      const token = await transactions.read(() => byId.get({ id }));
      if (token === undefined) return;
      await transactions.write(({ at }) => {
        if (token.lastUsedAt === null || at - token.lastUsedAt >= touchEveryMs) noteUse.run({ id, at });
      });
    },

    list: () => transactions.read(() => all.all()),

    delete: (id, actor) =>
      transactions.writeLasting((transaction) => {
        const token = byId.get({ id });
        if (token === undefined) throw tokenNotFound(id);
        remove.run({ id });
        transaction.audit(actor, "token.delete", {}, `${id} of ${token.person} (${token.role})`);
        transaction.changed("token", null, null);
      }),
  };
}
