import { BerthError, type Environment, type Release, type ReleaseStore, type Scope, valueIds } from "@berth/core";
import { makeConfigValues } from "./config-values.ts";
import { clusterNotFound, environmentNotFound, operationNotFound, releaseNotFound } from "./not-found.ts";
import type { Parts } from "./parts.ts";
import { prepareReleaseStatements } from "./release-statements.ts";

export function makeReleaseStore({ db, transactions }: Parts): ReleaseStore {
  const statements = prepareReleaseStatements(db);
  const values = makeConfigValues({ db });

  /** The environment and its last version, if it still is what the caller has seen. */
  function environmentAt(scope: Scope, revision: number): { environment: Environment; lastVersion: number } {
    const row = statements.environment.get({ ...scope });
    if (row === undefined) throw environmentNotFound(scope);
    const { lastVersion, ...environment } = row;
    if (environment.revision !== revision) throw revisionConflict(scope);
    return { environment, lastVersion };
  }

  return {
    create: (
      { app, environment: name, kind, carries, snapshot, cluster: to, origin, operation },
      expectedRevision,
      actor,
    ) =>
      // Not lasting by itself: nobody is told of a pending release but as one that may still fail, and what makes it live makes it last.
      transactions.write((transaction) => {
        const scope = { app, environment: name };
        const { environment, lastVersion } = environmentAt(scope, expectedRevision);
        const version = lastVersion + 1;
        const cluster = to === undefined ? environment.cluster : to;
        if (cluster !== null && statements.cluster.get({ cluster }) === undefined) throw clusterNotFound(cluster);
        const named = valueIds(snapshot.config, snapshot.held);
        if (values.count(app, named) < named.length) throw valuesGone(scope);
        const pointers = { desired: version, revision: environment.revision + 1 };
        if (statements.setOperationVersion.run({ operation, version }).changes === 0)
          throw operationNotFound(operation);
        statements.pointToNew.run({ ...scope, ...pointers });
        const release: Release = {
          ...scope,
          version,
          kind,
          carries,
          snapshot,
          cluster,
          origin,
          createdAt: transaction.at,
          createdBy: actor.person,
          state: "pending",
          liveAt: null,
          supersededAt: null,
          reason: null,
          operation,
        };
        statements.insert.run({ ...release });
        for (const digest of new Set(snapshot.services.map(({ image }) => image))) {
          statements.insertImage.run({ ...scope, version, digest });
        }
        values.name({ ...scope, version }, named);
        transaction.audit(actor, "release.create", scope, `v${version}`);
        transaction.changed("release", app, name);
        return { release, environment: { ...environment, ...pointers } };
      }),

    promote: ({ app, environment: name, version, ref }, expectedRevision, actor) =>
      transactions.writeLasting((transaction) => {
        const scope = { app, environment: name };
        const { environment } = environmentAt(scope, expectedRevision);
        const pending = statements.byVersion.get({ ...scope, version });
        if (pending === undefined) throw releaseNotFound(scope, version);
        if (pending.state !== "pending" || environment.desired !== version) throw notPending(pending);
        const pointers = {
          live: version,
          revision: environment.revision + 1,
          // A release that moves no ref leaves one that git has not followed yet to be followed.
          pendingRef: ref ?? environment.pendingRef,
          cluster: pending.cluster,
        };
        statements.moveLive.run({ ...scope, ...pointers });
        if (environment.live !== null) {
          statements.supersede.run({ ...scope, version: environment.live, at: transaction.at });
        }
        statements.makeLive.run({ ...scope, version, at: transaction.at });
        transaction.audit(actor, "release.promote", scope, `v${version}`);
        transaction.changed("release", app, name);
        return {
          release: { ...pending, state: "live" as const, liveAt: transaction.at },
          environment: { ...environment, ...pointers },
        };
      }),

    fail: ({ app, environment: name, version, reason }, actor) =>
      // Not lasting by itself: one that is found pending after a loss of power is given up again.
      transactions.write((transaction) => {
        const scope = { app, environment: name };
        const release = statements.byVersion.get({ ...scope, version });
        if (release === undefined) throw releaseNotFound(scope, version);
        if (release.state !== "pending") return;
        statements.fail.run({ ...scope, version, reason });
        // A newer release may have taken `desired` meanwhile; then it is not this one's to put back.
        statements.pointBack.run({ ...scope, version });
        transaction.audit(actor, "release.fail", scope, `v${version}`);
        transaction.changed("release", app, name);
      }),

    get: (scope, version) => transactions.read(() => statements.byVersion.get({ ...scope, version }) ?? null),

    list: (scope, { limit, after = Number.MAX_SAFE_INTEGER }) =>
      transactions.read(() => statements.page.all({ ...scope, limit, after })),

    images: (app) => transactions.read(() => [...new Set(statements.images.all({ app }).map(({ digest }) => digest))]),

    superseded: (scope, limit) => transactions.read(() => statements.superseded.all({ ...scope, limit })),

    prune: (scope, keep, except) =>
      // Not lasting by itself: what comes back after a loss of power is pruned again.
      transactions.write((transaction) => {
        const pruned = statements.endedBeyond
          .all({ ...scope, keep })
          .map(({ version }) => version)
          .filter((version) => !except.includes(version));
        for (const version of pruned) statements.remove.run({ ...scope, version });
        if (pruned.length > 0) {
          values.collect(scope.app);
          transaction.changed("release", scope.app, scope.environment);
        }
        return pruned;
      }),
  };
}

function revisionConflict({ app, environment }: Scope): BerthError {
  return new BerthError("conflict", `${app} (${environment}) was changed by someone else meanwhile.`, {
    path: `${app}/${environment}`,
    hint: "Look at what is live now, then try again.",
  });
}

function valuesGone({ app, environment }: Scope): BerthError {
  return new BerthError("conflict", `The config of ${app} (${environment}) was changed by someone else meanwhile.`, {
    path: `${app}/${environment}`,
    hint: "Try again: it is read anew then.",
  });
}

function notPending({ app, environment, version, state }: Release): BerthError {
  return new BerthError("conflict", `v${version} of ${app} (${environment}) is not being rolled out: it is ${state}.`, {
    path: `${app}/${environment}/v${version}`,
    hint: "Deploy again, or roll back to it.",
  });
}
