import {
  type DesiredEnvironment,
  generationsOf,
  nothingDesired,
  type ObservedWorkload,
  type Scope,
  workloadIds,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { loadRetained, loadStoredDesire, type StoredDesire } from "./desired.ts";
import { type Drills, movedError } from "./drill/drills.ts";
import type { FollowedTasks } from "./followed-tasks.ts";
import { type KnownServices, loadGeneration } from "./generation.ts";
import type { Inventory } from "./inventory.ts";
import { makeVisits } from "./visits.ts";

/** What an environment should be: what the store said when it was last read, and what requests and operations have asked for since. */
export interface EnvironmentDesire {
  /** Null before the first reading, and where the store has no such environment. */
  stored(): StoredDesire | null;
  /** Whether the store may say something else by now. */
  isStale(): boolean;
  /** The store has changed, or is about to. */
  outdate(): void;
  read(): Promise<void>;
  /** Git's ref has followed what is live. */
  refHasMoved(): void;
  /** A request has asked for this workload, which sleeps. */
  woke(workload: string): void;
  /** A request has asked for this release. False where there is no such release that was live. */
  visit(version: number): Promise<boolean>;
  /** All of it, where these workloads are there: what only tells whether others may go is asked for where there are any. */
  current(observed: ReadonlyMap<string, ObservedWorkload>): Promise<DesiredEnvironment>;
}

export function makeEnvironmentDesire(
  deps: DeployerDeps,
  scope: Scope,
  { tasks, inventory, drills }: { tasks: FollowedTasks; inventory: Inventory; drills: Drills },
): EnvironmentDesire {
  const { store, clock } = deps;
  const woken = new Map<string, number>();
  const visits = makeVisits(deps);
  const known: KnownServices = new Map();
  let stored: StoredDesire | null = null;
  let isStale = true;

  return {
    stored: () => stored,
    isStale: () => isStale,
    outdate: () => void (isStale = true),
    async read() {
      isStale = false;
      try {
        const environment = await store.environments.get(scope.app, scope.environment);
        if (environment?.cluster !== stored?.environment.cluster) {
          known.clear();
          visits.clear();
          if (stored !== null) drills.end(movedError(scope));
        }
        stored = environment && (await loadStoredDesire(deps, environment, known));
      } catch (error) {
        isStale = true;
        throw error;
      }
    },
    refHasMoved() {
      if (stored !== null) stored = { ...stored, environment: { ...stored.environment, pendingRef: null } };
    },
    woke: (workload) => void woken.set(workload, clock.now()),
    async visit(version) {
      if (visits.has(version)) return true;
      const release = await store.releases.get(scope, version);
      if (release === null || release.liveAt === null) return false;
      const cluster = (await store.environments.get(scope.app, scope.environment))?.cluster ?? null;
      visits.add(await loadGeneration(deps, release, cluster));
      return true;
    },
    async current(observed) {
      if (stored === null) return { ...nothingDesired, kept: tasks.kept() };
      const desired: DesiredEnvironment = {
        ...nothingDesired,
        ...stored,
        visited: visits.current(),
        drilled: drills.current(),
        woken,
        begun: tasks.begun(stored.rollout),
        kept: tasks.kept(),
      };
      const wanted = new Set(workloadIds(...generationsOf(desired)));
      const hasOthers = [...observed.keys()].some((id) => !wanted.has(id));
      if (!hasOthers) return desired;
      const retained = await loadRetained(deps, scope, stored.environment.cluster, known);
      return { ...desired, retained, recorded: await inventory.recorded() };
    },
  };
}
