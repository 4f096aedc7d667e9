import { keptCronRuns, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
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
    const ids = new Set([...workloads.keys(), ...tasks.keys(), ...(await keptOutputs(deps, scope))]);
    await Promise.all([...ids].map((id) => deps.runtime.remove(id)));
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

/** Runs of schedules whose output may still be there, though a cluster has cleared them away themselves. */
async function keptOutputs({ store }: DeployerDeps, scope: Scope): Promise<string[]> {
  const memories = await store.crons.memories(scope);
  const runs = await Promise.all(
    memories.map(({ service }) => store.crons.list({ ...scope, service }, { limit: keptCronRuns })),
  );
  return runs.flat().flatMap(({ task }) => task?.id ?? []);
}
