import { BerthError, type ClusterStore, type RegisteredCluster } from "@berth/core";
import { asc, eq, sql } from "./drizzle.ts";
import { clusterNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { clusters, environments, releases } from "./schema.ts";

export function makeClusterStore({ db, transactions }: Parts): ClusterStore {
  const name = sql.placeholder("name");
  const byName = db.select().from(clusters).where(eq(clusters.name, name)).prepare();
  const all = db.select().from(clusters).orderBy(asc(clusters.name)).prepare();
  const insert = db
    .insert(clusters)
    .values({
      name,
      options: sql.placeholder("options"),
      identity: sql.placeholder("identity"),
      createdAt: sql.placeholder("createdAt"),
      createdBy: sql.placeholder("createdBy"),
    })
    .prepare();
  const remove = db.delete(clusters).where(eq(clusters.name, name)).prepare();
  const here = db
    .select({ app: environments.app, environment: environments.name })
    .from(environments)
    .where(eq(environments.cluster, name))
    .prepare();
  // Written as in the partial index, for SQLite to use that.
  const coming = db
    .select({ app: releases.app, environment: releases.environment })
    .from(releases)
    .where(sql`state = 'pending' and ${releases.cluster} = ${name}`)
    .prepare();

  return {
    create: ({ name: wanted, options, identity }, actor) =>
      transactions.writeLasting((transaction) => {
        if (byName.get({ name: wanted }) !== undefined) throw exists(wanted);
        const cluster: RegisteredCluster = {
          name: wanted,
          options,
          identity,
          createdAt: transaction.at,
          createdBy: actor.person,
        };
        insert.run({ ...cluster });
        transaction.audit(actor, "cluster.create", {}, wanted);
        transaction.changed("cluster", null, null);
        return cluster;
      }),
    get: (wanted) => transactions.read(() => byName.get({ name: wanted }) ?? null),
    list: () => transactions.read(() => all.all()),
    delete: (wanted, actor) =>
      transactions.writeLasting((transaction) => {
        if (byName.get({ name: wanted }) === undefined) throw clusterNotFound(wanted);
        const used = [...here.all({ name: wanted }), ...coming.all({ name: wanted })];
        if (used.length > 0) throw inUse(wanted, [...new Set(used.map((on) => `${on.app}/${on.environment}`))]);
        remove.run({ name: wanted });
        transaction.audit(actor, "cluster.delete", {}, wanted);
        transaction.changed("cluster", null, null);
      }),
  };
}

function exists(name: string): BerthError {
  return new BerthError("cluster.exists", `A cluster named ${name} is registered already.`, {
    path: name,
    hint: "`berth clusters list` shows those there are; choose another name, or delete it first.",
  });
}

function inUse(name: string, environments: readonly string[]): BerthError {
  return new BerthError("cluster.in-use", `Environments are on the cluster ${name}.`, {
    path: name,
    hint: "Move them first: berth move <environment> --app <app> --to <cluster>.",
    details: environments,
  });
}
