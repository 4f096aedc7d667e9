import type { DeployRequest, Scope } from "@berth/core";
import { placeOf, withConfig, withValues } from "./config/choose-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import { prepareRelease } from "./prepare-release.ts";
import { tellOverrides } from "./stored-overrides.ts";

/**
 * The way of a push, under the environment's lock: check, detect, build what is new, write the release, roll it out.
 * Whatever throws before the release is written leaves everything as it was; from then on the environment's loop decides.
 */
export async function deploy(context: OperationContext, request: DeployRequest): Promise<void> {
  const { deps, operation, timeline, actor, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  stopping.throwIfAborted();
  await request.check();
  const pins = makePins(context);
  const before = await deps.store.environments.get(scope.app, scope.environment);
  const { snapshot, live } = await prepareRelease(context, scope, request, before, pins);
  const { kind } = placeOf(scope, before);
  const branch = request.ref?.branch ?? null;
  const environment = await deps.store.environments.ensure(
    { app: scope.app, name: scope.environment, kind, branch },
    actor,
  );
  const specs = snapshot.services.map(({ spec }) => spec);
  const { release } = await withConfig(deps, environment, specs, live?.snapshot.held, (chosen) =>
    deps.store.releases.create(
      {
        ...scope,
        kind: "deploy",
        carries: null,
        snapshot: withValues(snapshot, chosen),
        origin: request.origin,
        operation: operation.id,
      },
      environment.revision,
      actor,
    ),
  );
  timeline.line("release", `v${release.version}`);
  tellOverrides(context, release.snapshot);
  tellHeld(context, release.snapshot);
  await followRelease(context, release);
  beside(pins.keep());
  beside(deps.images.publishRelease(release, stopping));
}
