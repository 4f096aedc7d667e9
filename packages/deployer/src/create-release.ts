import type { Environment, HeldValues, NewRelease, Release } from "@berth/core";
import { withConfig, withValues } from "./config/choose-config.ts";
import type { OperationContext } from "./operations.ts";

/** Writes the next release of an environment, with the values of variables that are stored by then. Throws `conflict` where the environment has moved since it was read. */
export async function createRelease(
  { deps, operation, actor }: Pick<OperationContext, "deps" | "operation" | "actor">,
  environment: Environment,
  { snapshot, ...release }: Pick<NewRelease, "kind" | "snapshot" | "origin">,
  held: HeldValues | undefined,
): Promise<Release> {
  const scope = { app: environment.app, environment: environment.name };
  const specs = snapshot.services.map(({ spec }) => spec);
  const written = await withConfig(deps, environment, specs, held, (values) =>
    deps.store.releases.create(
      { ...scope, ...release, carries: null, snapshot: withValues(snapshot, values), operation: operation.id },
      environment.revision,
      actor,
    ),
  );
  return written.release;
}
