import { type Environment, systemActor } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { interruptedError, moveRef } from "./rollout.ts";

/**
 * After a start: what a crash interrupted ends, and what it left half said is said. A rollout whose `live` had not moved is given up
 * (its pusher was never told that it succeeded); one whose `live` had moved is made good. Returns removals to take up again.
 */
export async function recover(
  deps: DeployerDeps,
): Promise<{ removals: { app: string; environment: string; operation: string }[] }> {
  const { store, log } = deps;
  const interrupted = interruptedError();
  const removals: { app: string; environment: string; operation: string }[] = [];
  for (const operation of await store.operations.listRunning()) {
    if (operation.kind === "remove") {
      removals.push({ app: operation.app, environment: operation.environment, operation: operation.id });
      continue;
    }
    const environment = await store.environments.get(operation.app, operation.environment);
    const wentLive = environment !== null && operation.version !== null && environment.live === operation.version;
    if (!wentLive && environment !== null) await giveUpPending(environment);
    const url = deps.url({ app: operation.app, environment: operation.environment });
    await store.operations.finish(
      operation.id,
      wentLive ? { ok: true, url } : { ok: false, error: interruptedError(operation.kind) },
    );
  }
  for (const environment of await store.environments.listActive()) await giveUpPending(environment);
  for (const environment of await store.environments.listPendingRefs()) {
    await moveRef(deps, environment).catch((error: unknown) =>
      log.error(
        { err: error, app: environment.app, environment: environment.name },
        "git's ref could not follow what is live",
      ),
    );
  }
  return { removals };

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
