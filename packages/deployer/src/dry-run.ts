import { BerthError, type DryRunRequest, judgeRoom } from "@berth/core";
import { openSource } from "./diff.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import { prepareRelease } from "./prepare-release.ts";
import { tellOverrides } from "./stored-overrides.ts";

/**
 * Goes the way of a deploy up to where its release would be written, and throws what would keep it from that. What it builds is there
 * for the deploy that follows; pins, releases and what serves stay as they are.
 */
export async function dryRun(context: OperationContext, { source: id, ...scope }: DryRunRequest): Promise<void> {
  const { deps, timeline } = context;
  const { source, origin } = await openSource(deps, scope.app, id);
  const environment = await deps.store.environments.get(scope.app, scope.environment);
  const request = { app: scope.app, source, origin };
  const { snapshot, live } = await prepareRelease(context, scope, request, environment, makePins(context));
  const [newest] = environment === null ? [] : await deps.store.releases.list(scope, { limit: 1 });
  const version = (newest?.version ?? 0) + 1;
  const quota = deps.runtime.quota?.(environment?.cluster ?? null) ?? null;
  const [problem] = judgeRoom({ version, snapshot }, live?.snapshot ?? null, quota);
  if (problem !== undefined)
    throw new BerthError("rollout.failed", problem.message, problem.hint === null ? {} : { hint: problem.hint });
  timeline.line("release", `would be v${version}`);
  tellOverrides(context, snapshot);
}
