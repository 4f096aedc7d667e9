import { type Action, type IdentifiedWorkload, workloadIds } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { StoredDesire } from "./desired.ts";
import { isRuntimeAway } from "./environment-faults.ts";
import type { FollowedRollouts } from "./followed-rollouts.ts";
import type { FollowedTasks } from "./followed-tasks.ts";
import type { Inventory } from "./inventory.ts";
import { operationError } from "./operation-errors.ts";
import { commandError, rolloutError } from "./rollout-errors.ts";
import type { RolloutEnds } from "./rollout-ends.ts";

export interface ActingParts {
  /** What the actions were decided by. */
  stored: StoredDesire | null;
  inventory: Inventory;
  rollouts: FollowedRollouts;
  ends: RolloutEnds;
  tasks: FollowedTasks;
}

export interface Applied {
  /** False where the store has changed: another look sees more. */
  isOver: boolean;
  /** What could not be done, by workload. */
  failures: ReadonlyMap<string, unknown>;
}

type End = Extract<Action, { kind: "promote" | "fail" | "fail-command" }>;

/**
 * Acts in order, until the store has changed. What fails is told at the end: an image of one service that is lost must not
 * keep the others, or the release that would mend it, from being started.
 */
export async function applyActions(
  deps: DeployerDeps,
  parts: ActingParts,
  actions: readonly Action[],
): Promise<Applied> {
  const { stored, inventory, ends } = parts;
  const failures = new Map<string, unknown>();
  await inventory.expect(actions.flatMap((action) => (action.kind === "ensure" ? [action.workload.id] : [])));
  for (const action of actions) {
    if (isEnd(action)) {
      await endRollout(deps, parts, action);
      return { isOver: false, failures };
    }
    const subject = subjectOf(action);
    if (failures.has(subject)) continue;
    try {
      await apply(deps, parts, action);
    } catch (error) {
      if (isOnlyOfRollout(stored, subject) && !isRuntimeAway(error)) {
        await ends.giveUp(stored!.rollout!.version, operationError(error));
        return { isOver: false, failures };
      }
      failures.set(subject, error);
    }
  }
  return { isOver: true, failures };
}

/** Whether a workload or task is there for the rollout alone: what is wrong with it is no matter of what is live. */
export function isOnlyOfRollout(stored: StoredDesire | null, id: string): boolean {
  const { rollout = null, live = null } = stored ?? {};
  const isNew = workloadIds(rollout).includes(id) && !workloadIds(live).includes(id);
  return isNew || (rollout?.commands ?? []).some((command) => command.id === id);
}

function isEnd(action: Action): action is End {
  return action.kind === "promote" || action.kind === "fail" || action.kind === "fail-command";
}

async function endRollout(deps: DeployerDeps, { stored, rollouts, ends }: ActingParts, action: End): Promise<void> {
  const { version } = action;
  await rollouts.progressOf(version)?.settled();
  if (action.kind === "fail") {
    const service = stored?.rollout?.services.find(({ workload }) => workload.id === action.workload);
    return ends.giveUp(version, await rolloutError(deps, action, service?.workload.image ?? null));
  }
  if (action.kind === "fail-command") return ends.giveUp(version, await commandError(deps, action));
  const told = rollouts.abandoned(version);
  return told === null ? ends.promote(version) : ends.giveUp(version, told);
}

/** What drains is kept out of the routes, and nothing is done with it. */
async function apply(deps: DeployerDeps, parts: ActingParts, action: Exclude<Action, End>): Promise<void> {
  const { runtime } = deps;
  switch (action.kind) {
    case "drain":
      return;
    case "ensure":
      return ensure(deps, parts, action.workload);
    case "run":
      await runtime.run(action.task);
      return parts.tasks.hasBegun(action.task.id);
    case "scale":
      return runtime.scale(action.workload, action.replicas);
    case "autoscale":
      return runtime.autoscale?.(action.workload, action.to);
    case "remove":
      await runtime.remove(action.workload);
      return parts.inventory.forget(action.workload);
  }
}

/** An engine takes a while for an image that is new to it. */
async function ensure(
  { runtime }: DeployerDeps,
  { stored, rollouts }: ActingParts,
  workload: IdentifiedWorkload,
): Promise<void> {
  const rollout = stored?.rollout ?? null;
  const isOfRollout = workloadIds(rollout).includes(workload.id);
  if (isOfRollout && runtime.descriptor.needsBase) rollouts.progressOf(rollout!.version)?.loads(workload);
  await runtime.ensure(workload);
}

/** The workload or task that an action is about. */
function subjectOf(action: Exclude<Action, End>): string {
  if (action.kind === "run") return action.task.id;
  return action.kind === "ensure" ? action.workload.id : action.workload;
}
