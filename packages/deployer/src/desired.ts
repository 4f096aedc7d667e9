import {
  contentOf,
  type Environment,
  type Generation,
  type KeptGeneration,
  type Release,
  type Rollout,
  type Scope,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { type KnownServices, loadGeneration, loadPorts } from "./generation.ts";
import { makeRollout } from "./release-command.ts";

/** So many releases are looked at besides, for those that have the same content. */
const sameContent = 4;

/** What the store says of an environment, as generations; it changes only with the environment's revision. */
export interface StoredDesire {
  environment: Environment;
  live: Generation | null;
  rollout: Rollout | null;
  warm: readonly KeptGeneration[];
  /** The pending release, where it brings the environment to another cluster. */
  move: Release | null;
  /** Loopback ports by which the services of the live and the pending release reach each other. */
  ports: Readonly<Record<string, number>>;
}

export async function loadStoredDesire(
  deps: DeployerDeps,
  environment: Environment,
  known: KnownServices = new Map(),
): Promise<StoredDesire> {
  const scope: Scope = { app: environment.app, environment: environment.name };
  const { releases } = deps.store;
  const { cluster } = environment;
  const get = async (version: number | null) => (version === null ? null : await releases.get(scope, version));
  const live = await get(environment.live);
  const pending = environment.desired === environment.live ? null : await get(environment.desired);
  const liveGeneration = live && (await loadGeneration(deps, live, cluster, known));
  const standing = live && liveGeneration && { release: live, generation: liveGeneration };
  const now = deps.clock.now();
  const { warmGenerations } = deps.policy;
  const earlier = await releases.superseded(scope, warmGenerations + sameContent);
  const warm = distinct(earlier, live)
    .slice(0, warmGenerations)
    .filter((release) => warmUntil(deps, release) > now);
  const rollout = pending?.state === "pending" ? pending : null;
  const move = rollout !== null && rollout.cluster !== cluster ? rollout : null;
  // Where a release is to become live its workloads are its own; all others are where the environment is.
  const next = rollout && (await loadGeneration(deps, rollout, rollout.cluster, move === null ? known : new Map()));
  return {
    environment,
    live: liveGeneration,
    rollout: rollout && next && (await makeRollout(deps, rollout, next, standing)),
    move,
    warm: await Promise.all(
      warm.map(async (release) => ({
        ...(await loadGeneration(deps, release, cluster, known)),
        until: warmUntil(deps, release),
      })),
    ),
    ports: { ...(pending && (await loadPorts(deps, pending))), ...(live && (await loadPorts(deps, live))) },
  };
}

/** Those that run something else than what is live, and than one that is newer: a change of scale takes no place from what a rollback goes back to. */
function distinct(releases: readonly Release[], live: Release | null): Release[] {
  const seen = new Set(live === null ? [] : [contentOf(live)]);
  return releases.filter((release) => {
    if (seen.has(contentOf(release))) return false;
    seen.add(contentOf(release));
    return true;
  });
}

function warmUntil(deps: DeployerDeps, release: Release): number {
  return (release.supersededAt ?? 0) + deps.policy.warmForMs;
}

/** The ids of all workloads that releases in the history name; only asked for where something unknown runs. Brings `known` up to date with the history. */
export async function loadRetained(
  deps: DeployerDeps,
  scope: Scope,
  cluster: string | null,
  known: KnownServices,
): Promise<ReadonlySet<string>> {
  const releases = await deps.store.releases.list(scope, { limit: deps.policy.keepReleases * 2 });
  for (const release of releases) await loadGeneration(deps, release, cluster, known);
  const versions = new Set(releases.map(({ version }) => version));
  for (const version of known.keys()) if (!versions.has(version)) known.delete(version);
  return new Set([...known.values()].flatMap((services) => services.map(({ workload }) => workload.id)));
}
