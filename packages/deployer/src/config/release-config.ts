import type { Scope } from "@berth/core";
import { carryRelease } from "../carry-release.ts";
import { findEnvironment } from "../find.ts";
import type { OperationContext } from "../operations.ts";
import { tellOverrides } from "../stored-overrides.ts";
import { type DecidedKeys, planConfig } from "./plan-config.ts";
import { tellHeld } from "./tell-config.ts";

/**
 * Makes the values that are stored those of an environment: a release with the same images, in which the services that have other
 * variables start anew. Unlike a scale it is content: a rollback undoes it.
 */
export async function releaseConfig(context: OperationContext, scope: Scope, decided: DecidedKeys): Promise<void> {
  const { deps, timeline } = context;
  const environment = await findEnvironment(deps.store, scope);
  const { live, snapshot, restarts } = await planConfig(deps, environment, decided);
  if (restarts.length === 0) {
    timeline.line("release", `v${live.version} has these values already: nothing restarts`);
    return;
  }
  await carryRelease(
    context,
    {
      ...scope,
      kind: "config",
      carries: null,
      snapshot: { ...snapshot, decided: [...decided.keys] },
      origin: live.origin,
    },
    environment.revision,
    (version) => {
      timeline.line(
        "release",
        `v${version} is v${live.version} with other config: ${restarts.join(", ")} ${restarts.length === 1 ? "restarts" : "restart"}`,
      );
      tellOverrides(context, snapshot);
      tellHeld(context, snapshot);
    },
  );
}
