import { makeSnapshot, type Scope } from "@berth/core";
import { buildServices } from "./build-services.ts";
import { lookAtConfig } from "./config/choose-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { createRelease } from "./create-release.ts";
import { planEnvironment } from "./environment-plan.ts";
import { findEnvironment, findLive } from "./find.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import { tellDiff } from "./prepare-release.ts";
import { tellOverrides } from "./stored-overrides.ts";

/** Builds what is live again, from the same source, on the bases that are pinned now, and rolls it out where anything has come out new. */
export async function rebuild(context: OperationContext, scope: Scope): Promise<void> {
  const { deps, timeline, stopping, beside } = context;
  const environment = await findEnvironment(deps.store, scope);
  const release = await findLive(deps.store, environment, "Push a commit: that builds it.");
  const { origin } = release;
  const source = await deps.openTree(scope.app, origin.commit ?? origin.tree);
  const pins = makePins(context);
  const plan = await planEnvironment(context, { environment: scope.environment, source }, environment.kind);
  const { held } = release.snapshot;
  const place = { place: environment, held, pins };
  const { content, planned } = await buildServices(context, { app: scope.app, source, origin }, plan, place);
  const { services } = content;
  const before = new Map(release.snapshot.services.map(({ spec, image }) => [spec.name, image]));
  if (services.length === before.size && services.every(({ spec, image }) => before.get(spec.name) === image)) {
    timeline.line("release", `v${release.version} is on the newest pinned bases already`);
    beside(pins.keep());
    beside(deps.images.publishRelease(release, stopping));
    return;
  }
  const specs = services.map(({ spec }) => spec);
  const chosen = await lookAtConfig(deps, environment, specs, held);
  const snapshot = makeSnapshot({ ...content, ...chosen }, release.snapshot);
  await tellDiff(context, scope, release, { version: null, origin, snapshot, planned });
  const made = await createRelease(context, environment, { kind: "deploy", snapshot, origin }, held);
  tellOverrides(context, made.snapshot);
  tellHeld(context, made.snapshot);
  timeline.line("release", `v${made.version} is v${release.version} built again`);
  await followRelease(context, made);
  beside(pins.keep());
  beside(deps.images.publishRelease(made, stopping));
}
