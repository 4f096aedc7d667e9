import { type Environment, type Operation, type Release, systemActor } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import { interruptedError } from "./operation-errors.ts";
import { isBeside } from "./operations.ts";
import { hasCommands } from "./release-command.ts";
import { moveRef } from "./refs.ts";

/** What the server before this one was about when it ended. */
export interface Resumable {
  removals: Operation[];
  runs: Operation[];
  rollouts: { operation: Operation; release: Release }[];
}

/**
 * After a start: what a crash interrupted ends, and what it left half said is said. A rollout whose `live` had not moved is given up
 * (its pusher was never told that it succeeded); one whose `live` had moved is made good. Returns what is to be taken up again: removals,
 * commands that may still run, and rollouts with a release command, which may have done something that only this release fits.
 */
export async function recover(deps: DeployerDeps): Promise<Resumable> {
  const { store, log } = deps;
  const interrupted = interruptedError();
  const resumable: Resumable = { removals: [], runs: [], rollouts: [] };
  for (const operation of await store.operations.listRunning()) {
    if (operation.kind === "remove" || operation.kind === "run") {
      resumable[operation.kind === "remove" ? "removals" : "runs"].push(operation);
      continue;
    }
    const interruptedNow = { ok: false as const, error: interruptedError(operation.kind) };
    if (isBeside(operation)) {
      await store.operations.finish(operation.id, interruptedNow);
      continue;
    }
    const environment = await store.environments.get(operation.app, operation.environment);
    const pending = environment === null ? null : await pendingOf(environment, operation);
    if (pending !== null) {
      resumable.rollouts.push({ operation, release: pending });
      continue;
    }
    const wentLive = environment !== null && operation.version !== null && environment.live === operation.version;
    if (!wentLive && environment !== null) await giveUpPending(environment);
    const url = deps.url({ app: operation.app, environment: operation.environment });
    await store.operations.finish(operation.id, wentLive ? { ok: true, url } : interruptedNow);
  }
  const goesOn = new Set(resumable.rollouts.map(({ release }) => scopeKey(release)));
  for (const environment of await store.environments.listActive())
    if (!goesOn.has(scopeKey({ app: environment.app, environment: environment.name })))
      await giveUpPending(environment);
  for (const environment of await store.environments.listPendingRefs()) {
    await moveRef(deps, environment).catch((error: unknown) =>
      log.error(
        { err: error, app: environment.app, environment: environment.name },
        "git's ref could not follow what is live",
      ),
    );
  }
  return resumable;

  /** The release that an operation was rolling out, where that has a release command to run. */
  async function pendingOf({ app, name, desired, live }: Environment, operation: Operation): Promise<Release | null> {
    if (desired === null || desired === live || operation.version !== desired) return null;
    const release = await store.releases.get({ app, environment: name }, desired);
    return release?.state === "pending" && hasCommands(release) ? release : null;
  }

  async function giveUpPending(environment: Environment) {
    if (environment.desired === null || environment.desired === environment.live) return;
    const change = {
      app: environment.app,
      environment: environment.name,
      version: environment.desired,
      reason: interrupted.message,
    };
    await store.releases.fail(change, systemActor);
  }
}
