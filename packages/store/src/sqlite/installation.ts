import type { InstallationStore } from "@berth/core";
import { eq, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import { installation } from "./schema.ts";

export function makeInstallationStore({ db, transactions }: Parts): InstallationStore {
  const byName = db
    .select({ value: installation.value })
    .from(installation)
    .where(eq(installation.name, sql.placeholder("name")))
    .prepare();
  const upsert = db
    .insert(installation)
    .values({ name: sql.placeholder("name"), value: sql.placeholder("value") })
    .onConflictDoUpdate({ target: installation.name, set: { value: sql`excluded.value` } })
    .prepare();
  const find = (name: string): string | null => byName.get({ name })?.value ?? null;

  return {
    async getOrMake(name, make) {
      const kept = await transactions.read(() => find(name));
      if (kept !== null) return kept;
      // Lasting: a key that workloads are named by must not be another one after a loss of power.
      return transactions.writeLasting(() => {
        const there = find(name);
        if (there !== null) return there;
        const value = make();
        upsert.run({ name, value });
        return value;
      });
    },
    get: (name) => transactions.read(() => find(name)),
    put: (name, value) => transactions.writeLasting(() => void upsert.run({ name, value })),
  };
}
