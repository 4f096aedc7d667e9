import { BerthError, type Digest, type Release, type Scope, workloadIds } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { loadRetained } from "./desired.ts";
import type { Environments } from "./environments.ts";
import { findEnvironment } from "./find.ts";
import { loadGeneration } from "./generation.ts";

/** Takes releases beyond the kept ones out of an environment's history. What is live, pending or warm stays whatever its age. */
export async function pruneReleases(deps: DeployerDeps, environments: Environments, scope: Scope): Promise<void> {
  const { policy, store, clock } = deps;
  const earlier = await store.releases.superseded(scope, policy.warmGenerations);
  const warm = earlier.filter(({ supersededAt }) => (supersededAt ?? 0) + policy.warmForMs > clock.now());
  const older = await listOlder(deps, scope);
  if (older.length === 0) return;
  // Their values go with them.
  const ids = await workloadsOf(deps, scope, older);
  const except = [...warm.map(({ version }) => version), ...(await listUndone(store, scope))];
  const removed = new Set(await store.releases.prune(scope, policy.keepReleases, except));
  if (removed.size === 0) return;
  await environments.keeper(scope).look();
  await removeLeftovers(deps, scope, new Set([...removed].flatMap((version) => ids.get(version) ?? [])));
}

/** The ids of what releases run, by version. */
async function workloadsOf(deps: DeployerDeps, scope: Scope, releases: readonly Release[]) {
  const { cluster } = await findEnvironment(deps.store, scope);
  const ids = new Map<number, string[]>();
  for (const release of releases) ids.set(release.version, workloadIds(await loadGeneration(deps, release, cluster)));
  return ids;
}

/** Releases whose commands a rollback that is under way takes back. */
async function listUndone(store: DeployerDeps["store"], scope: Scope): Promise<readonly number[]> {
  const { live, desired } = await findEnvironment(store, scope);
  const pending = desired === null || desired === live ? null : await store.releases.get(scope, desired);
  return pending?.snapshot.undoes ?? [];
}

/** Releases beyond the newest that are kept. */
async function listOlder({ store, policy }: DeployerDeps, scope: Scope): Promise<Release[]> {
  const kept = await store.releases.list(scope, { limit: policy.keepReleases });
  const last = kept.at(-1);
  if (last === undefined || kept.length < policy.keepReleases) return [];
  return await store.releases.list(scope, { limit: 1000, after: last.version });
}

/** The logs of workloads that the runtime knew before its machine was started anew: its loop does not see these any more. */
async function removeLeftovers(deps: DeployerDeps, scope: Scope, ids: ReadonlySet<string>): Promise<void> {
  const { workloads } = await deps.runtime.observe(scope);
  const { cluster } = await findEnvironment(deps.store, scope);
  const retained = await loadRetained(deps, scope, cluster, new Map());
  for (const id of ids) if (!workloads.has(id) && !retained.has(id)) await deps.runtime.remove(id);
}

/** Removes images that no release names any more, after a time of grace, what else nobody needs of images, and old timelines. */
export async function pruneImages(deps: DeployerDeps): Promise<void> {
  const { store, policy, clock } = deps;
  const removed: Digest[] = [];
  for (const { digest } of await store.artifacts.listUnreferenced(clock.now() - policy.imageGraceMs)) {
    if (await forgetArtifact(deps, digest)) removed.push(digest);
  }
  await deps.images.remove(removed);
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
