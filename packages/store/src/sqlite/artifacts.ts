import { type ArtifactStore, BerthError, type Digest } from "@berth/core";
import { desc, eq, sql } from "./drizzle.ts";
import type { Parts } from "./parts.ts";
import { artifacts, releaseImages } from "./schema.ts";

export function makeArtifactStore({ db, transactions }: Parts): ArtifactStore {
  const isDigest = eq(artifacts.digest, sql.placeholder("digest"));
  const upsert = db
    .insert(artifacts)
    .values({
      digest: sql.placeholder("digest"),
      key: sql.placeholder("key"),
      sizeBytes: sql.placeholder("sizeBytes"),
      createdAt: sql.placeholder("createdAt"),
      provenance: sql.placeholder("provenance"),
      seal: sql.placeholder("seal"),
    })
    .onConflictDoUpdate({
      target: [artifacts.digest, artifacts.key],
      set: {
        sizeBytes: sql`excluded.size_bytes`,
        createdAt: sql`excluded.created_at`,
        provenance: sql`excluded.provenance`,
        seal: sql`excluded.seal`,
      },
    })
    .prepare();
  const byDigest = db.select().from(artifacts).where(isDigest).orderBy(desc(artifacts.createdAt)).limit(1).prepare();
  const byKey = db
    .select()
    .from(artifacts)
    .where(eq(artifacts.key, sql.placeholder("key")))
    .orderBy(desc(artifacts.createdAt))
    .limit(1)
    .prepare();
  // With max(), the other columns of a group are those of its newest row: https://sqlite.org/lang_select.html#bareagg
  const unreferenced = db
    .select({
      digest: artifacts.digest,
      key: artifacts.key,
      sizeBytes: artifacts.sizeBytes,
      createdAt: sql<number>`max(${artifacts.createdAt})`,
      provenance: artifacts.provenance,
      seal: artifacts.seal,
    })
    .from(artifacts)
    .where(sql`not exists (select 1 from ${releaseImages} where ${releaseImages.digest} = ${artifacts.digest})`)
    .groupBy(artifacts.digest)
    .having(sql`max(${artifacts.createdAt}) < ${sql.placeholder("before")}`)
    .prepare();
  const namedBy = db
    .select()
    .from(releaseImages)
    .where(eq(releaseImages.digest, sql.placeholder("digest")))
    .limit(1)
    .prepare();
  const remove = db.delete(artifacts).where(isDigest).prepare();

  return {
    // The release that names it is written after it, and makes it last with it.
    put: (artifact) => transactions.write(() => void upsert.run({ ...artifact })),
    get: (digest) => transactions.read(() => byDigest.get({ digest }) ?? null),
    findByKey: (key) => transactions.read(() => byKey.get({ key }) ?? null),
    listUnreferenced: (before) => transactions.read(() => unreferenced.all({ before })),
    // Lasting, for the caller removes the image's files next.
    delete: (digest) =>
      transactions.writeLasting(() => {
        const release = namedBy.get({ digest });
        if (release !== undefined) throw stillNamed(digest, release);
        remove.run({ digest });
      }),
  };
}

function stillNamed(digest: Digest, release: { app: string; environment: string; version: number }): BerthError {
  const { app, environment, version } = release;
  return new BerthError("conflict", `The image is part of v${version} of ${app} (${environment}).`, {
    path: digest,
    hint: "It can be deleted once no release names it.",
  });
}
