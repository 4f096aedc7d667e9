import { isShortLived, type Release } from "@berth/core";
import { makeCommandProgress } from "./command-progress.ts";
import type { OperationContext } from "./operations.ts";
import { errorOfOperation, operationError } from "./operation-errors.ts";
import { makeRolloutProgress } from "./rollout-progress.ts";

/** Tells of a release as it is rolled out until it is live, and where it is not to be, throws why. */
export async function followRelease(
  context: Pick<OperationContext, "deps" | "environments" | "timeline" | "cancelled" | "operation">,
  release: Release,
  { isResumed = false } = {},
): Promise<void> {
  const { deps, environments, timeline, cancelled, operation } = context;
  const { store, runtime, log } = deps;
  const keeper = environments.keeper(release);
  const toldBefore = isResumed ? await store.operations.events(operation.id, 0) : [];
  const command = makeCommandProgress({ timeline, runtime, toldBefore });
  const abandon = () => {
    keeper
      .abandon(release.version, operationError(cancelled.reason))
      .catch((error: unknown) => log.error({ err: error, operation: operation.id }, "a rollout could not be ended"));
  };
  cancelled.addEventListener("abort", abandon, { once: true });
  try {
    if (cancelled.aborted) abandon();
    const environment = await store.environments.get(release.app, release.environment);
    const progress = makeRolloutProgress(timeline, {
      command,
      isShortLived: environment !== null && isShortLived(environment.kind),
    });
    const error = await keeper.follow(release.version, progress);
    if (error !== null) throw errorOfOperation(error);
  } finally {
    command.close();
    cancelled.removeEventListener("abort", abandon);
  }
}
