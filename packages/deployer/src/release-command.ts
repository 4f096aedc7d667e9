import {
  changesNothing,
  type Generation,
  type IdentifiedTask,
  makeTask,
  type Release,
  type Rollout,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { findRelease } from "./find.ts";
import { loadPlace } from "./generation.ts";

type CommandDeps = Pick<DeployerDeps, "store" | "vault" | "drawPort" | "neighbourUrl" | "installationKey">;

/** The release command of a release, as the task that its operation runs; null where it has none. */
async function loadCommand(deps: CommandDeps, release: Release): Promise<IdentifiedTask | null> {
  const { services, release: declared } = release.snapshot;
  const service = services.find(({ spec }) => spec.name === declared?.service);
  if (declared === undefined || service === undefined) return null;
  const { command, timeoutMs } = declared;
  const order = { command, timeoutMs, run: release.operation };
  return makeTask(service, order, await loadPlace(deps, release, release.cluster), deps.installationKey);
}

/** Whether a release of this kind runs its own release command. */
function runsCommand(kind: Release["kind"]): boolean {
  return kind === "deploy" || kind === "promote";
}

/** Whether a rollout may have commands to run: those are not run twice, and what they did is not given up lightly. */
export function hasCommands({ kind, snapshot }: Release): boolean {
  return (runsCommand(kind) && snapshot.release !== undefined) || (snapshot.undoes ?? []).length > 0;
}

/** The undo commands that a rollback runs, in their order: each as an instance of its own release would run. */
async function loadUndoes(deps: CommandDeps, rollback: Release): Promise<IdentifiedTask[]> {
  const tasks: IdentifiedTask[] = [];
  for (const version of rollback.snapshot.undoes ?? []) {
    const release = await findRelease(deps.store, rollback, version);
    const { services, release: declared } = release.snapshot;
    const service = services.find(({ spec }) => spec.name === declared?.service);
    if (declared?.undo === undefined || service === undefined) continue;
    const order = {
      command: declared.undo,
      timeoutMs: declared.timeoutMs,
      run: rollback.operation,
      undoes: version,
    };
    tasks.push(makeTask(service, order, await loadPlace(deps, release, rollback.cluster), deps.installationKey));
  }
  return tasks;
}

/**
 * A pending release with the commands that it needs: a deploy's own, or those that take back what is undone, once. What else makes
 * releases (a scale, a move) carries its command on and does not run it, and neither does a deploy of what is live already.
 */
export async function makeRollout(
  deps: CommandDeps,
  pending: Release,
  generation: Generation,
  live: { release: Release; generation: Generation } | null,
): Promise<Rollout> {
  if (pending.kind === "rollback") return { ...generation, commands: await loadUndoes(deps, pending) };
  const command = runsCommand(pending.kind) ? await loadCommand(deps, pending) : null;
  if (command === null) return generation;
  const before = live && { services: live.generation.services, command: await loadCommand(deps, live.release) };
  const isUnchanged = changesNothing(before, { services: generation.services, command }, deps.installationKey);
  return isUnchanged ? { ...generation, isUnchanged } : { ...generation, commands: [command] };
}
