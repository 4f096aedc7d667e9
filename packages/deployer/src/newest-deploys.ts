import type { Actor, DeployRequest, StartedOperation } from "@berth/core";
import { scopeKey } from "./deps.ts";
import type { Operations } from "./operations.ts";
import { errorOfOperation, supersededError } from "./operation-errors.ts";

/** The newest deploy of each environment that is under way or waits for its turn. */
export interface NewestDeploys {
  /** Ends an older deploy of the same person where this one brings all of it along; anybody else's is waited for. */
  takePlace(request: DeployRequest, actor: Actor): Promise<void>;
  /** From now on this one is the newest, until it has ended. */
  follow(request: DeployRequest, actor: Actor, started: StartedOperation): void;
}

export function makeNewestDeploys(cancel: Operations["cancel"]): NewestDeploys {
  const newest = new Map<string, { person: string; operation: string; request: DeployRequest }>();

  /** One that is stale, or cannot be deployed, takes nobody's place; nor does one by which something of the older would be lost. */
  async function canTakePlace(request: DeployRequest, older: DeployRequest): Promise<boolean> {
    const isGood = await request.check().then(
      () => true,
      () => false,
    );
    return isGood && (await request.includes(older));
  }

  return {
    async takePlace(request, { person }) {
      const older = newest.get(scopeKey(request));
      if (older?.person === person && (await canTakePlace(request, older.request)))
        cancel(older.operation, errorOfOperation(supersededError()));
    },
    follow(request, { person }, { operation, done }) {
      const key = scopeKey(request);
      const mine = { person, operation: operation.id, request };
      newest.set(key, mine);
      void done.finally(() => {
        if (newest.get(key) === mine) newest.delete(key);
      });
    },
  };
}
