import type { Actor, CronRun, Scope } from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import type { Environments } from "../environments.ts";
import { findEnvironment } from "../find.ts";
import { cancelledError } from "../operation-errors.ts";
import type { Operations } from "../operations.ts";
import { findCron } from "./status.ts";

/**
 * Ends what runs of a service with a schedule, also of one that what is live has no longer. Returns those runs as they were.
 */
export async function cancelCron(
  deps: DeployerDeps,
  { environments, cancel }: { environments: Environments; cancel: Operations["cancel"] },
  { service, ...scope }: Scope & { service: string },
  { person }: Actor,
): Promise<CronRun[]> {
  const { store } = deps;
  await findEnvironment(store, scope);
  const running = (await store.crons.running(scope)).filter((run) => run.service === service);
  if (running.length === 0) {
    await findCron(deps, { ...scope, service });
    return [];
  }
  await store.audit.append({ person, action: "cron.cancel", ...scope, detail: service });
  for (const run of running) {
    // What somebody asked for is an operation, and tells its end itself.
    const isOperation = run.cause.kind === "person" && run.task !== null;
    if (isOperation) cancel(run.task!.run, cancelledError(person));
    else await environments.keeper(scope).cancelCronRun(run, person);
  }
  return running;
}
