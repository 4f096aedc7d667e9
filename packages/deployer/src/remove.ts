import { judgeExpiry, keptCronRuns, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment } from "./find.ts";
import type { OperationContext } from "./operations.ts";

/** Removes an environment that nobody has used for too long. Somebody may have begun to while others had its lock: then it stays. */
export async function removeExpired(context: OperationContext, scope: Scope): Promise<void> {
  const { deps, timeline } = context;
  const environment = await deps.store.environments.get(scope.app, scope.environment);
  if (environment === null) return;
  if (judgeExpiry([environment], deps.clock.now()).expired.length === 0)
    return timeline.line("route", "it is used again");
  await removeEnvironment(context, scope, `not used since ${new Date(environment.usedAt).toISOString()}`);
}

/** Removes an environment that a crash has left half made. Somebody may have deployed to it since: then it stays. */
export async function removeUnmade(context: OperationContext, { app, environment: name }: Scope): Promise<void> {
  const environment = await context.deps.store.environments.get(app, name);
  if (environment === null || environment.live !== null) return;
  await removeEnvironment(context, { app, environment: name }, "the server ended while it was being made");
}

/** Removes an environment with all it had. Each step may be repeated: an interrupted removal is taken up again at the next start. */
export async function removeEnvironment(
  { deps, environments, timeline, actor }: OperationContext,
  scope: Scope,
  detail?: string,
): Promise<void> {
  const environment = await findEnvironment(deps.store, scope);
  const end = timeline.start("route", "");
  await environments.end(scope);
  try {
    const { workloads, tasks } = await deps.runtime.observe(scope);
    // What the runtime does not know any more, as after a start of the machine, still has its logs.
    const recorded = [...(await deps.store.workloads.list(scope)), ...(await keptOutputs(deps, scope))];
    const ids = new Set([...workloads.keys(), ...tasks.keys(), ...recorded]);
    await Promise.all([...ids].map((id) => deps.runtime.remove(id)));
    if (environment.branch !== null) await deps.refs.move(scope.app, environment.branch, null);
    await deps.refs.forget(scope.app, scope.environment);
    await deps.store.environments.delete(scope.app, scope.environment, actor, detail);
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
