import { BerthError, type Digest, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { Environments } from "./environments.ts";

/** Takes releases beyond the kept ones out of an environment's history. What is live, pending or warm stays whatever its age. */
export async function pruneReleases(deps: DeployerDeps, environments: Environments, scope: Scope): Promise<void> {
  const { policy, store, clock } = deps;
  const earlier = await store.releases.superseded(scope, policy.warmGenerations);
  const warm = earlier.filter(({ supersededAt }) => (supersededAt ?? 0) + policy.warmForMs > clock.now());
  const removed = await store.releases.prune(
    scope,
    policy.keepReleases,
    warm.map(({ version }) => version),
  );
  if (removed.length > 0) await environments.keeper(scope).look();
}

/** Removes images that no release names any more, after a time of grace, and old timelines. */
export async function pruneImages(deps: DeployerDeps): Promise<void> {
  const { store, policy, clock } = deps;
  const removed: Digest[] = [];
  for (const { digest } of await store.artifacts.listUnreferenced(clock.now() - policy.imageGraceMs)) {
    if (await forgetArtifact(deps, digest)) removed.push(digest);
  }
  if (removed.length > 0) await deps.images.remove(removed);
  await store.operations.prune(clock.now() - policy.keepOperationsMs);
}

/** False where a release has come to name the image in the meantime. */
async function forgetArtifact({ store }: DeployerDeps, digest: Digest): Promise<boolean> {
  try {
    await store.artifacts.delete(digest);
    return true;
  } catch (error) {
    if (error instanceof BerthError && error.code === "conflict") return false;
    throw error;
  }
}
