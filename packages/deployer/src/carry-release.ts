import type { NewRelease } from "@berth/core";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";

/**
 * Makes a release of what was built before, has it announced, and tells of it until it is live. Throws `conflict` where the environment has
 * moved since `revision`, and why it was given up.
 */
export async function carryRelease(
  context: OperationContext,
  content: Omit<NewRelease, "operation">,
  revision: number,
  announce: (version: number) => void,
): Promise<void> {
  const { deps, operation, actor, stopping, beside } = context;
  const { release } = await deps.store.releases.create({ ...content, operation: operation.id }, revision, actor);
  announce(release.version);
  await followRelease(context, release);
  beside(deps.images.publishRelease(release, stopping));
}
