import { type DeployRequest, makeSnapshot, production, type Scope } from "@berth/core";
import { buildServices } from "./build-services.ts";
import { withConfig } from "./config/choose-config.ts";
import { tellHeld } from "./config/tell-config.ts";
import { followRelease } from "./follow-release.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import { carryOverrides, findOverrides, tellOverrides } from "./stored-overrides.ts";

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
  const there = await deps.store.environments.get(scope.app, scope.environment);
  const kind = there?.kind ?? (request.environment === production ? "production" : "preview");
  const { held } = there === null ? {} : await findOverrides(deps.store, there);
  const built = await buildServices(context, request, { name: scope.environment, kind, held }, pins);
  const branch = request.ref?.branch ?? null;
  const environment = await deps.store.environments.ensure(
    { app: scope.app, name: scope.environment, kind, branch },
    actor,
  );
  const before = await findOverrides(deps.store, environment);
  const overrides = carryOverrides(context, built.services, before);
  const specs = built.services.map(({ spec }) => spec);
  const { release } = await withConfig(deps, environment, specs, before.held, (chosen) =>
    deps.store.releases.create(
      {
        ...scope,
        kind: "deploy",
        carries: null,
        snapshot: makeSnapshot({ ...built, ...chosen }, overrides),
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
