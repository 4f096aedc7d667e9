import type { Scope } from "@berth/core";
import { findEnvironment } from "./find.ts";
import type { OperationContext } from "./operations.ts";

/** Removes an environment with all it had. Each step may be repeated: an interrupted removal is taken up again at the next start. */
export async function removeEnvironment(
  { deps, environments, timeline, actor }: OperationContext,
  scope: Scope,
): Promise<void> {
  const environment = await findEnvironment(deps.store, scope);
  const end = timeline.start("route", "");
  await environments.end(scope);
  try {
    const { workloads, tasks } = await deps.runtime.observe(scope);
    await Promise.all([...workloads.keys(), ...tasks.keys()].map((id) => deps.runtime.remove(id)));
    if (environment.branch !== null) await deps.refs.move(scope.app, environment.branch, null);
    await deps.store.environments.delete(scope.app, scope.environment, actor);
    environments.forget(scope);
  } catch (error) {
    // It is still there, so it is to run again.
    environments.forget(scope);
    void environments.keeper(scope).look();
    throw error;
  }
  end("removed");
}
