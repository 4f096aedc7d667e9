import type { Release } from "@berth/core";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";

/** Takes up a rollout whose release command an earlier server had run: it is waited for, and what follows is done. */
export async function resumeRollout(context: OperationContext, release: Release): Promise<void> {
  const { deps, timeline, stopping, beside } = context;
  timeline.line("start", "Berth was started again in between, and goes on");
  await followRelease(context, release, { isResumed: true });
  beside(deps.images.publishRelease(release, stopping));
}
