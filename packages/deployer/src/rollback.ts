import {
  BerthError,
  type Environment,
  makeSnapshot,
  type Release,
  type Scope,
  type Store,
  unfitHint,
} from "@berth/core";
import { holdConfig } from "./config/hold-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { carryRelease } from "./carry-release.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findRelease } from "./find.ts";
import type { OperationContext } from "./operations.ts";
import { findOverrides, tellOverrides } from "./stored-overrides.ts";

/**
 * Goes back: a new release that carries an older snapshot forward. Where its workloads still run that is a pointer flip. Overrides of the
 * scale stay: they are for the load there is, and not for the code. What was adopted is content, and is as it was in that release.
 */
export async function rollback(
  context: OperationContext,
  request: Scope & { version: number | null },
  found: RollbackTarget,
): Promise<void> {
  const { deps, timeline } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { environment, target } = await stillTarget(deps, request, found);
  const { scales } = await findOverrides(deps.store, environment);
  const held = await holdConfig(deps, environment, target.snapshot);
  const snapshot = makeSnapshot({ ...target.snapshot, held }, { scales, adopted: target.snapshot.adopted });
  const { version: carries, origin } = target;
  await carryRelease(
    context,
    { ...scope, kind: "rollback", carries, snapshot, origin },
    environment.revision,
    (version) => {
      timeline.line("release", `v${version} carries v${carries} forward`);
      if (snapshot.release !== undefined) timeline.line("release", "a rollback does not run the release command");
      tellOverrides(context, snapshot);
      tellHeld(context, snapshot);
    },
  );
}

export interface RollbackTarget {
  environment: Environment;
  /** The deploy whose snapshot comes back. */
  target: Release;
}

/** The target that was found before the lock was had, unless the environment has moved since. */
async function stillTarget(
  deps: DeployerDeps,
  request: Scope & { version: number | null },
  found: RollbackTarget,
): Promise<RollbackTarget> {
  const environment = await deps.store.environments.get(request.app, request.environment);
  return environment?.revision === found.environment.revision ? found : await findTarget(deps, request);
}

/** What a rollback would return to. Throws where there is nothing, or where it cannot be restored. */
export async function findTarget(
  deps: DeployerDeps,
  { version, ...scope }: Scope & { version: number | null },
): Promise<RollbackTarget> {
  const environment = await findEnvironment(deps.store, scope);
  const target = version === null ? await findBefore(deps, environment) : await findVersion(deps, environment, version);
  await checkImages(deps, target);
  return { environment, target };
}

/**
 * What was live before the deploy that is served. A rollback only carries an older deploy forward, so going back once more
 * goes further back, never forward to what was just left; and a deploy after a rollback goes back to what that rollback restored.
 */
async function findBefore({ store }: DeployerDeps, { app, name, live }: Environment): Promise<Release> {
  const scope: Scope = { app, environment: name };
  const current = live === null ? null : await store.releases.get(scope, live);
  const served = current?.carries ?? current?.version ?? 0;
  for (let after = served; ;) {
    const page = await store.releases.list(scope, { limit: 20, after });
    const found = page.find(({ liveAt }) => liveAt !== null);
    if (found !== undefined) return await carriedBy(store, found);
    const last = page.at(-1);
    if (last === undefined)
      throw new BerthError("release.not-found", `${app} has no earlier release in ${name} to go back to.`, {
        hint: "A change of scale is no other release: `berth scale --reset` undoes one.",
      });
    after = last.version;
  }
}

/** The deploy that a release is, or carries forward: carrying a rollback, or a change of scale, forward carries what that carried. */
async function carriedBy(store: Store, release: Release): Promise<Release> {
  return release.carries === null ? release : ((await store.releases.get(release, release.carries)) ?? release);
}

async function findVersion(
  { store }: DeployerDeps,
  { app, name, live }: Environment,
  version: number,
): Promise<Release> {
  const scope: Scope = { app, environment: name };
  const hint = `berth releases --app ${app} lists those that can be restored.`;
  const release = await findRelease(store, scope, version, hint);
  if (version === live) throw new BerthError("release.not-restorable", `v${version} is live already.`, { hint });
  if (release.liveAt === null) {
    const reason = release.reason ?? "it did not come up";
    throw new BerthError("release.not-restorable", `v${version} never became live: ${reason}`, { hint });
  }
  return await carriedBy(store, release);
}

async function checkImages(deps: DeployerDeps, release: Release): Promise<void> {
  for (const { spec, image } of release.snapshot.services) {
    if (await deps.images.has(image)) {
      const why = await deps.images.unfit(image);
      if (why === null) continue;
      throw new BerthError(
        "image.unfit",
        `The image of ${spec.name} in v${release.version} does not run here: ${why}`,
        {
          path: image,
          hint: unfitHint,
        },
      );
    }
    throw new BerthError("release.not-restorable", `The image of ${spec.name} in v${release.version} is gone.`, {
      path: image,
      hint: "Push its commit again: it is built anew.",
    });
  }
}
