import {
  BerthError,
  chooseDrilled,
  type DrilledService,
  type DrillRequest,
  type Environment,
  type Generation,
  judgeNeeds,
  type Scope,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { loadStoredDesire } from "../desired.ts";
import { loadGeneration } from "../generation.ts";
import { findTarget, requirePossible } from "../rollback.ts";

/** A release that can be drilled, as it is to be run. */
export interface Drillable {
  /** With the services that are started alone. */
  generation: Generation;
  leftOut: readonly DrilledService[];
  /** Workloads of it that have an instance already. */
  running: ReadonlySet<string>;
  /** Versions whose undo commands a rollback would run first. */
  undoes: readonly number[];
  /** Whether a deploy of it has a release command. */
  hasCommand: boolean;
}

/**
 * What a drill would run, the release that a rollback would return to. Throws what a rollback would for a release that cannot come back,
 * `input.invalid` where nothing of it is started, `conflict` where there is no room for it.
 */
export async function findDrillable(deps: DeployerDeps, request: DrillRequest): Promise<Drillable> {
  const { app, environment: name, version, workers } = request;
  const scope: Scope = { app, environment: name };
  const { environment, target, verdict } = await findTarget(deps, { ...scope, version });
  requirePossible(verdict);
  const generation = await loadGeneration(deps, target, environment.cluster);
  const stored = await loadStoredDesire(deps, environment);
  const { started, leftOut } = chooseDrilled(generation.services, stored.live, { workers });
  if (started.length === 0) {
    throw new BerthError("input.invalid", `Nothing of v${target.version} would be started by a drill.`, {
      details: leftOut.map(({ service, reason }) => `${service}: ${reason}`),
    });
  }
  const chosen: Generation = { ...generation, services: started };
  const { workloads } = await deps.runtime.observe(scope);
  requireRoom(
    deps,
    environment,
    chosen,
    [stored.live, stored.rollout, ...stored.warm],
    (id) => workloads.get(id)?.replicas ?? 0,
  );
  const isUp = (id: string) => workloads.get(id)?.instances.some(({ state }) => state === "ready") ?? false;
  return {
    generation: chosen,
    leftOut,
    running: new Set(started.map(({ workload }) => workload.id).filter(isUp)),
    undoes: verdict.undoes,
    hasCommand: target.snapshot.release !== undefined,
  };
}

/** Throws `conflict` where one instance more of what does not run yet has no room. */
function requireRoom(
  { runtime }: DeployerDeps,
  { cluster }: Environment,
  drilled: Generation,
  others: readonly (Generation | null)[],
  replicasOf: (workload: string) => number,
): void {
  const quota = runtime.quota?.(cluster) ?? null;
  if (quota === null) return;
  const known = new Map(
    [...others, drilled]
      .flatMap((generation) => generation?.services ?? [])
      .map(({ workload }) => [workload.id, workload]),
  );
  const isDrilled = new Set(drilled.services.map(({ workload }) => workload.id));
  const needs = [...known.values()].map(({ id, resources }) => ({
    resources,
    instances: Math.max(replicasOf(id), isDrilled.has(id) ? 1 : 0),
  }));
  const [problem] = judgeNeeds(drilled.version, needs, quota);
  if (problem === undefined) return;
  throw new BerthError("conflict", problem.message, problem.hint === null ? {} : { hint: problem.hint });
}
