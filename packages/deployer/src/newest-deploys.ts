import type { Actor, DeployRequest } from "@berth/core";
import { scopeKey } from "./deps.ts";
import { errorOfOperation, supersededError } from "./rollout.ts";

/** The newest deploy of each environment that is under way or waits for its turn. */
export interface NewestDeploys {
  /** Takes the place of an older deploy of the same person, who does not want that one any more; anybody else's is waited for. */
  begin(request: DeployRequest, actor: Actor): Promise<{ superseded: AbortSignal; end(): void }>;
}

export function makeNewestDeploys(): NewestDeploys {
  const newest = new Map<string, { person: string; superseding: AbortController }>();

  /** One that is stale, or cannot be deployed, takes nobody's place. */
  async function canTakePlace(request: DeployRequest): Promise<boolean> {
    return request.check().then(
      () => true,
      () => false,
    );
  }

  return {
    async begin(request, { person }) {
      const key = scopeKey(request);
      const older = newest.get(key);
      if (older?.person === person && (await canTakePlace(request)))
        older.superseding.abort(errorOfOperation(supersededError()));
      const mine = { person, superseding: new AbortController() };
      newest.set(key, mine);
      return {
        superseded: mine.superseding.signal,
        end() {
          if (newest.get(key) === mine) newest.delete(key);
        },
      };
    },
  };
}
