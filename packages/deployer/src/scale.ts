import { changeScales, type Release, type ScaleChange, type Scope, scaleText, type Snapshot } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive } from "./find.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { runtimeLacks } from "./runtime-lacks.ts";

/** Lays other overrides over what is live: a new release with the same images, so the same workloads, of which another number runs. */
export async function scale(context: OperationContext, request: Scope & ScaleChange): Promise<void> {
  const { deps, operation, timeline, actor, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { release: live, snapshot, revision } = await scaledLive(deps, request);
  if (isSameScale(live.snapshot, snapshot)) {
    timeline.line("release", `v${live.version} has this scale already`);
    return;
  }
  const carries = live.carries ?? live.version;
  const { release } = await deps.store.releases.create(
    { ...scope, kind: "scale", carries, snapshot, origin: live.origin, operation: operation.id },
    revision,
    actor,
  );
  timeline.line("release", `v${release.version} is v${live.version} with another scale`);
  tellOverrides(context, snapshot);
  await followRelease(context, release);
  beside(deps.images.publishRelease(release, stopping));
}

/** What is live, and what it would be. Throws where that cannot be. */
export async function scaledLive(
  { store }: Pick<DeployerDeps, "store">,
  { app, environment, ...change }: Scope & ScaleChange,
): Promise<{ release: Release; snapshot: Snapshot; revision: number }> {
  const place = await findEnvironment(store, { app, environment });
  const release = await findLive(store, place, "Push a commit first: berth.yaml has the scale to begin with.");
  return { release, snapshot: changeScales(release.snapshot, change), revision: place.revision };
}

/** Says where a release is not as berth.yaml has it, and what of it has no effect here. */
export function tellOverrides(
  { timeline, deps }: Pick<OperationContext, "timeline" | "deps">,
  snapshot: Snapshot,
): void {
  for (const { spec, declaredScale } of snapshot.services) {
    if (declaredScale === undefined) continue;
    const { scale: own, name } = spec;
    timeline.line(
      "release",
      `scale ${scaleText(own)} by berth scale; berth.yaml has ${scaleText(declaredScale)}`,
      name,
    );
    for (const lack of runtimeLacks(spec, deps.runtime.descriptor)) timeline.line("release", lack, name);
    const isUnused = snapshot.scales?.[name]?.max !== undefined && own.min < own.max && own.cpuPercent === undefined;
    if (isUnused)
      timeline.line(
        "release",
        `max ${own.max} has no effect: berth.yaml has no scale.cpu for it, so min is what runs`,
        name,
      );
  }
}

function isSameScale(before: Snapshot, after: Snapshot): boolean {
  return JSON.stringify([before.services, before.scales]) === JSON.stringify([after.services, after.scales]);
}
