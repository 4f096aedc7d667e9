import {
  type Action,
  defaultCluster,
  type Generation,
  type ObservedWorkload,
  type Release,
  type RuntimeNote,
  type Scope,
  type WakeCause,
  workloadIds,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { StoredDesire } from "./desired.ts";

/** Tells the runtime what is decided about an environment, for those who look at its objects. Nothing waits for it or fails by it. */
export interface Notes {
  /** What is desired now, what is there, and what is done about it. */
  saw(stored: StoredDesire | null, workloads: ReadonlyMap<string, ObservedWorkload>, actions: readonly Action[]): void;
  gaveUp(rollout: Generation | null | undefined, reason: string): void;
  woke(workload: string, cause: WakeCause): void;
}

export function makeNotes(
  { runtime, store, log }: Pick<DeployerDeps, "runtime" | "store" | "log">,
  scope: Scope,
): Notes {
  /** The rollout that was told of, and what is known to be live. */
  let begun: number | null = null;
  let live: number | null = null;
  let draining: ReadonlySet<string> = new Set();
  const shown = new Map<string, number>();

  function tell(workloads: readonly (string | null)[], note: Omit<RuntimeNote, "workload">) {
    for (const workload of workloads) runtime.note?.(scope, { ...note, workload });
  }

  async function tellOf(generation: Generation, reason: string, what: string) {
    const release = await store.releases.get(scope, generation.version).catch(() => null);
    const text = `${nameOf(generation.version, release)} ${what}`;
    tell(workloadIds(generation), { reason, isWarning: false, text });
  }

  /** Where the runtime shows of which release something is: of the live one, where a rollout has it, too. */
  function show(stored: StoredDesire) {
    const wanted = new Map<string, number>();
    for (const generation of [stored.rollout, stored.live])
      for (const id of workloadIds(generation)) wanted.set(id, generation!.version);
    for (const [id, version] of wanted) {
      if (shown.get(id) === version) continue;
      shown.set(id, version);
      runtime.showRelease?.(id, version).catch((error: unknown) => {
        shown.delete(id);
        log.debug({ err: error, ...scope, workload: id }, "of which release it is could not be shown");
      });
    }
    for (const id of shown.keys()) if (!wanted.has(id)) shown.delete(id);
  }

  function sawDrains(actions: readonly Action[]) {
    const now = new Set<string>();
    for (const action of actions) {
      if (action.kind !== "drain") continue;
      for (const instance of action.instances) now.add(instance);
      const begins = action.instances.filter((instance) => !draining.has(instance));
      if (begins.length === 0) continue;
      const text = `No new requests for ${begins.join(", ")}: it ends once it has answered those it has`;
      tell([action.workload], { reason: "Draining", isWarning: false, text });
    }
    draining = now;
  }

  return {
    saw(stored, workloads, actions) {
      if (runtime.note === undefined || stored === null) return;
      show(stored);
      sawDrains(actions);
      const { rollout } = stored;
      // Only now is there something that it can be told on.
      const isThere = rollout !== null && workloadIds(rollout).some((id) => workloads.has(id));
      if (isThere && begun !== rollout.version) {
        begun = rollout.version;
        void tellOf(rollout, "RolloutStarted", "is being rolled out");
      }
      const now = stored.live?.version ?? null;
      // What was live already when this server started was told by the one before.
      if (stored.live !== null && now !== live && (live !== null || begun === now))
        void tellOf(stored.live, "Promoted", "is live: requests go to it");
      live = now;
    },
    gaveUp(rollout, reason) {
      if (rollout == null) return;
      const note = { reason: "RolloutFailed", isWarning: true, text: `v${rollout.version} was given up: ${reason}` };
      // Its workloads go with it: the environment keeps what is told of it.
      tell([...workloadIds(rollout), null], note);
    },
    woke(workload, { kind, by }) {
      const text = kind === "request" ? "A request came while it slept" : `${by} has woken it`;
      tell([workload], { reason: "Woken", isWarning: false, text });
    },
  };
}

/** `v5 (a rollback to v2 by ada)`. */
function nameOf(version: number, release: Release | null): string {
  if (release === null) return `v${version}`;
  return `v${version} (${whatIs(release)} by ${release.createdBy})`;
}

function whatIs({ kind, carries, cluster }: Release): string {
  switch (kind) {
    case "deploy":
      return "a deploy";
    case "promote":
      return "a promotion";
    case "rollback":
      return `a rollback to v${carries}`;
    case "scale":
      return "another scale";
    case "adopt":
      return "an adoption";
    case "config":
      return "other config";
    case "move":
      return `a move to ${cluster ?? defaultCluster}`;
  }
}
