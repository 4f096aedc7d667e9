import { makeSnapshot, type PromoteRequest, type Scope, type SourceOrigin } from "@berth/core";
import { requireConfig } from "./config/check-config.ts";
import { lookAtConfig } from "./config/choose-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { createRelease } from "./create-release.ts";
import { ensureEnvironment, followRules } from "./ensure-environment.ts";
import { tellPreview } from "./environment-plan.ts";
import { findPromoted } from "./find-promoted.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { tellDiff } from "./prepare-release.ts";
import type { Rooms } from "./room.ts";
import { carryOverrides, isSameContent, tellOverrides } from "./stored-overrides.ts";

/**
 * Makes the images of a release of one environment the next release of another. Its services are planned again, for what berth.yaml says
 * differs from one environment to another; nothing is built. The overrides are those of the environment that it comes to.
 */
export async function promote(context: OperationContext, request: PromoteRequest, rooms: Rooms): Promise<void> {
  const { deps, timeline, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { release: source, content, plan } = await findPromoted(deps, request);
  const environment = await ensureEnvironment(context, { ...scope, ref: null }, plan, rooms);
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
  const release = await createRelease(context, environment, { kind: "promote", snapshot, origin }, held);
  timeline.line("release", `v${release.version} has the images of ${from}`);
  tellPreview(context, plan, live === null);
  tellOverrides(context, release.snapshot);
  tellHeld(context, release.snapshot);
  await followRelease(context, release);
  await followRules(context, environment, plan);
  beside(deps.images.publishRelease(release, stopping));
}

/** The same source as a commit of the branch of another environment, whose ref goes to it. */
function originIn(origin: SourceOrigin, branch: string | null): SourceOrigin {
  return origin.commit === null ? origin : { ...origin, branch };
}
