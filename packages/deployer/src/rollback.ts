import { type Actor, BerthError, type Operation, type Release, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { Environments } from "./environments.ts";
import { errorOfOperation } from "./rollout.ts";
import { makeRolloutProgress } from "./rollout-progress.ts";
import type { Timeline } from "./timeline.ts";

/** Goes back: a new release that carries an older snapshot forward. Where its workloads still run that is a pointer flip. */
export async function rollback(
  deps: DeployerDeps,
  environments: Environments,
  request: Scope & { version: number | null },
  operation: Operation,
  timeline: Timeline,
  actor: Actor,
): Promise<void> {
  const scope: Scope = { app: request.app, environment: request.environment };
  const environment = await deps.store.environments.get(scope.app, scope.environment);
  if (environment === null)
    throw new BerthError("environment.not-found", `${scope.app} has no environment ${scope.environment}.`);
  const target = await findTarget(deps, scope, environment.live, request.version);
  await checkImages(deps, target);
  const { release } = await deps.store.releases.create(
    {
      ...scope,
      kind: "rollback",
      carries: target.version,
      snapshot: target.snapshot,
      origin: target.origin,
      operation: operation.id,
    },
    environment.revision,
    actor,
  );
  timeline.line("release", `v${release.version} carries v${target.version} forward`);
  const error = await environments.keeper(scope).follow(release.version, makeRolloutProgress(timeline));
  if (error !== null) throw errorOfOperation(error);
}

async function findTarget(
  deps: DeployerDeps,
  scope: Scope,
  live: number | null,
  version: number | null,
): Promise<Release> {
  const { releases } = deps.store;
  if (version === null) {
    const [before] = await releases.superseded(scope, 1);
    if (before !== undefined) return before;
    throw new BerthError(
      "release.not-found",
      `There is no earlier release of ${scope.app} in ${scope.environment} to go back to.`,
    );
  }
  const hint = `berth releases --app ${scope.app} lists those that can be restored.`;
  const release = await releases.get(scope, version);
  if (release === null)
    throw new BerthError("release.not-found", `${scope.app} has no release v${version} in ${scope.environment}.`, {
      hint,
    });
  if (version === live) throw new BerthError("release.not-restorable", `v${version} is live already.`, { hint });
  if (release.liveAt === null) {
    throw new BerthError(
      "release.not-restorable",
      `v${version} never became live: ${release.reason ?? "it did not come up"}`,
      { hint },
    );
  }
  return release;
}

async function checkImages(deps: DeployerDeps, release: Release): Promise<void> {
  for (const { spec, image } of release.snapshot.services) {
    if (await deps.images.has(image)) continue;
    throw new BerthError("release.not-restorable", `The image of ${spec.name} in v${release.version} is gone.`, {
      path: image,
      hint: "Push its commit again: it is built anew.",
    });
  }
}
