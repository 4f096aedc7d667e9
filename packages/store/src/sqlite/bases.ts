import { BerthError, shortImage, type BasePin, type BaseStore } from "@berth/core";
import { asc, eq, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import { bases } from "./schema.ts";

export function makeBaseStore({ db, transactions }: Parts): BaseStore {
  const isImage = eq(bases.image, sql.placeholder("image"));
  const byImage = db.select().from(bases).where(isImage).prepare();
  const all = db.select().from(bases).orderBy(asc(bases.image)).prepare();
  const upsert = db
    .insert(bases)
    .values({
      image: sql.placeholder("image"),
      digest: sql.placeholder("digest"),
      pinnedAt: sql.placeholder("pinnedAt"),
      pinnedBy: sql.placeholder("pinnedBy"),
    })
    .onConflictDoUpdate({
      target: bases.image,
      set: {
        digest: sql`excluded.digest`,
        pinnedAt: sql`excluded.pinned_at`,
        pinnedBy: sql`excluded.pinned_by`,
      },
    })
    .prepare();
  const remove = db.delete(bases).where(isImage).prepare();

  return {
    get: (image) => transactions.read(() => byImage.get({ image }) ?? null),
    list: () => transactions.read(() => all.all()),
    pin: (image, digest, actor) =>
      transactions.writeLasting((transaction) => {
        const kept = byImage.get({ image });
        if (kept !== undefined) return kept;
        const pin: BasePin = { image, digest, pinnedAt: transaction.at, pinnedBy: actor.person };
        upsert.run({ ...pin });
        transaction.audit(actor, "base.pin", {}, `${shortImage(image)} is ${digest}`);
        transaction.changed("base", null, null);
        return pin;
      }),
    update: (image, digest, actor) =>
      transactions.writeLasting((transaction) => {
        const kept = byImage.get({ image });
        if (kept === undefined) throw notPinned(image);
        if (kept.digest === digest) return kept;
        const pin: BasePin = { image, digest, pinnedAt: transaction.at, pinnedBy: actor.person };
        upsert.run({ ...pin });
        transaction.audit(actor, "base.update", {}, `${shortImage(image)} is ${digest}, was ${kept.digest}`);
        transaction.changed("base", null, null);
        return pin;
      }),
    delete: (image, actor) =>
      transactions.writeLasting((transaction) => {
        if (byImage.get({ image }) === undefined) throw notPinned(image);
        remove.run({ image });
        transaction.audit(actor, "base.delete", {}, shortImage(image));
        transaction.changed("base", null, null);
      }),
  };
}

function notPinned(image: string): BerthError {
  return new BerthError("base.not-found", `No app is built on ${shortImage(image)}.`, {
    path: image,
    hint: "`berth bases` lists the images that apps are built on.",
  });
}
