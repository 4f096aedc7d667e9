import {
  changesNothing,
  type Generation,
  type IdentifiedTask,
  makeTask,
  type Release,
  type Rollout,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
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

/**
 * A pending release with the command that it needs: a deploy's, once. What else makes releases (a rollback, a move) carries it on and
 * does not run it, and neither does a deploy of what is live already.
 */
export async function makeRollout(
  deps: CommandDeps,
  pending: Release,
  generation: Generation,
  live: { release: Release; generation: Generation } | null,
): Promise<Rollout> {
  const command = pending.kind === "deploy" ? await loadCommand(deps, pending) : null;
  if (command === null) return generation;
  const before = live && { services: live.generation.services, command: await loadCommand(deps, live.release) };
  const isUnchanged = changesNothing(before, { services: generation.services, command }, deps.installationKey);
  return isUnchanged ? { ...generation, isUnchanged } : { ...generation, command };
}
