import { makeSnapshot, production, type PromoteRequest, type Scope, type SourceOrigin } from "@berth/core";
import { requireConfig } from "./config/check-config.ts";
import { lookAtConfig, withConfig, withValues } from "./config/choose-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { findPromoted } from "./find-promoted.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { tellDiff } from "./prepare-release.ts";
import { carryOverrides, isSameContent, tellOverrides } from "./stored-overrides.ts";

/**
 * Makes the images of a release of one environment the next release of another. Its services are planned again, for what berth.yaml says
 * differs from one environment to another; nothing is built. The overrides are those of the environment that it comes to.
 */
export async function promote(context: OperationContext, request: PromoteRequest): Promise<void> {
  const { deps, operation, timeline, actor, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { release: source, content } = await findPromoted(deps, request);
  const kind = kindOfNew(scope.environment);
  const environment = await deps.store.environments.ensure(
    { app: scope.app, name: scope.environment, kind, branch: null },
    actor,
  );
  const live = environment.live === null ? null : await deps.store.releases.get(scope, environment.live);
  const held = live?.snapshot.held;
  await requireConfig(deps, environment, content.services, held);
  const specs = content.services.map(({ spec }) => spec);
  const chosen = await lookAtConfig(deps, environment, specs, held);
  const snapshot = makeSnapshot(
    { ...content, ...chosen },
    carryOverrides(context, content.services, live?.snapshot ?? {}),
  );
  const origin = originIn(source.origin, environment.branch);
  const from = `v${source.version} of ${source.environment}`;
  if (live !== null && live.origin.commit === origin.commit && isSameContent(live.snapshot, snapshot))
    return timeline.line("release", `v${live.version} is ${from} already`);
  await tellDiff(context, scope, live, { version: null, origin, snapshot });
  const { release } = await withConfig(deps, environment, specs, held, (values) =>
    deps.store.releases.create(
      {
        ...scope,
        kind: "promote",
        carries: null,
        snapshot: withValues(snapshot, values),
        origin,
        operation: operation.id,
      },
      environment.revision,
      actor,
    ),
  );
  timeline.line("release", `v${release.version} has the images of ${from}`);
  tellOverrides(context, release.snapshot);
  tellHeld(context, release.snapshot);
  await followRelease(context, release);
  beside(deps.images.publishRelease(release, stopping));
}

/** The same source as a commit of the branch of another environment, whose ref goes to it. */
function originIn(origin: SourceOrigin, branch: string | null): SourceOrigin {
  return origin.commit === null ? origin : { ...origin, branch };
}
