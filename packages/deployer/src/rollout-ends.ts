import { BerthError, type OperationError, type Scope, systemActor } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { EnvironmentDesire } from "./environment-desire.ts";
import type { FollowedRollouts } from "./followed-rollouts.ts";
import type { FollowedTasks } from "./followed-tasks.ts";
import type { Notes } from "./notes.ts";
import { interruptedError, leftError } from "./operation-errors.ts";
import { moveRef, refOf } from "./refs.ts";

/** How the rollouts of an environment end in the store: live, or given up. Who waits for one is told by the look that follows. */
export interface RolloutEnds {
  promote(version: number): Promise<void>;
  giveUp(version: number, error: OperationError): Promise<void>;
  /** The same on request, unless it has become live. */
  abandon(version: number, error: OperationError): Promise<void>;
  /** One that nobody drives any more is given up, unless it has just become live. Where the store cannot be told, the next start does it. */
  interrupt(version: number): Promise<OperationError | null>;
  /** Lets git's ref follow `live`. False where it could not: what is live stays, and the next pass tries again. */
  followRef(): Promise<boolean>;
}

interface RolloutEndsParts {
  desire: EnvironmentDesire;
  rollouts: FollowedRollouts;
  tasks: FollowedTasks;
  notes: Notes;
}

export function makeRolloutEnds(
  deps: DeployerDeps,
  scope: Scope,
  { desire, rollouts, tasks, notes }: RolloutEndsParts,
): RolloutEnds {
  const { store, log } = deps;
  const fail = (version: number, { message }: OperationError) =>
    store.releases.fail({ ...scope, version, reason: message }, systemActor);

  return {
    async promote(version) {
      const { environment } = desire.stored()!;
      desire.outdate();
      const release = await store.releases.get(scope, version);
      if (release === null)
        throw new BerthError("release.not-found", `Release v${version} is gone while it was rolled out.`);
      const actor = { person: release.createdBy, role: "deployer" as const };
      await store.releases.promote(
        { ...scope, version, ref: refOf(environment, release) },
        environment.revision,
        actor,
      );
    },
    async giveUp(version, error) {
      desire.outdate();
      notes.gaveUp(desire.stored()?.rollout, error.message);
      await fail(version, error);
      rollouts.gaveUp(version, error);
    },
    async abandon(version, error) {
      await fail(version, error);
      desire.outdate();
      if ((await store.releases.get(scope, version))?.state !== "live") rollouts.gaveUp(version, error);
    },
    async interrupt(version) {
      const { commands = [], version: current } = desire.stored()?.rollout ?? {};
      const begun = current === version && commands.find(({ id }) => tasks.begun(null).has(id));
      // It goes on without this server, and the next one waits for it.
      if (begun) return leftError(begun.run);
      const error = interruptedError();
      try {
        await fail(version, error);
        return (await store.releases.get(scope, version))?.state === "live" ? null : error;
      } catch (cause) {
        log.error({ err: cause, ...scope, version }, "a rollout that was interrupted could not be given up");
        return error;
      }
    },
    async followRef() {
      const environment = desire.stored()?.environment;
      if (!environment?.pendingRef) return true;
      try {
        await moveRef(deps, environment);
        desire.refHasMoved();
        return true;
      } catch (error) {
        log.error({ err: error, ...scope }, "git's ref could not follow what is live; trying again");
        return false;
      }
    },
  };
}
