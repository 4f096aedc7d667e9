import { type DeployRequest, makeSnapshot, production, type Scope } from "@berth/core";
import { buildServices } from "./build-services.ts";
import { findScales } from "./find.ts";
import type { OperationContext } from "./operations.ts";
import { makePins } from "./pins.ts";
import { errorOfOperation, supersededError } from "./rollout.ts";
import { makeRolloutProgress } from "./rollout-progress.ts";
import { tellOverrides } from "./scale.ts";

/**
 * The way of a push, under the environment's lock: check, detect, build what is new, write the release, roll it out.
 * Whatever throws before the release is written leaves everything as it was; from then on the environment's loop decides.
 */
export async function deploy(
  context: OperationContext,
  request: DeployRequest,
  superseded: AbortSignal,
): Promise<void> {
  const { deps, environments, operation, timeline, actor, stopping, beside } = context;
  const scope: Scope = { app: request.app, environment: request.environment };
  const givenUp = AbortSignal.any([stopping, superseded]);
  givenUp.throwIfAborted();
  await request.check();
  const pins = makePins(context);
  const services = await buildServices({ ...context, stopping: givenUp }, request, pins);
  const kind = request.environment === production ? "production" : "preview";
  const branch = request.ref?.branch ?? null;
  const environment = await deps.store.environments.ensure(
    { app: scope.app, name: scope.environment, kind, branch },
    actor,
  );
  const snapshot = makeSnapshot(services, await findScales(deps.store, environment));
  const { release } = await deps.store.releases.create(
    {
      ...scope,
      kind: "deploy",
      carries: null,
      snapshot,
      origin: request.origin,
      operation: operation.id,
    },
    environment.revision,
    actor,
  );
  timeline.line("release", `v${release.version}`);
  tellOverrides(context, snapshot);
  const keeper = environments.keeper(scope);
  const following = keeper.follow(release.version, makeRolloutProgress(timeline));
  const giveUp = () =>
    void keeper
      .giveUp(release.version, supersededError())
      .catch((error: unknown) => deps.log.error({ err: error, ...scope }, "a rollout could not be given up"));
  superseded.addEventListener("abort", giveUp, { once: true });
  if (superseded.aborted) giveUp();
  const error = await following;
  superseded.removeEventListener("abort", giveUp);
  if (error !== null) throw errorOfOperation(error);
  beside(pins.keep());
  beside(deps.images.publishRelease(release, stopping));
}
