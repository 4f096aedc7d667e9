import { changeScales, type Release, type ScaleChange, type Scope, type Snapshot } from "@berth/core";
import { carryRelease } from "./carry-release.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive } from "./find.ts";
import type { OperationContext } from "./operations.ts";
import { isSameContent, tellOverrides } from "./stored-overrides.ts";

/** Lays other overrides over what is live: a new release with the same images, so the same workloads, of which another number runs. */
export async function scale(context: OperationContext, request: Scope & ScaleChange): Promise<void> {
  const { deps, timeline } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const { release: live, snapshot, revision } = await scaledLive(deps, request);
  if (isSameContent(live.snapshot, snapshot)) {
    timeline.line("release", `v${live.version} has this scale already`);
    return;
  }
  const carries = live.carries ?? live.version;
  await carryRelease(
    context,
    { ...scope, kind: "scale", carries, snapshot, origin: live.origin },
    revision,
    (version) => {
      timeline.line("release", `v${version} is v${live.version} with another scale`);
      tellOverrides(context, snapshot);
    },
  );
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
