import {
  type Command,
  commandText,
  makeTask,
  type Release,
  type ReleasedService,
  type RunRequest,
  type Scope,
  unknownService,
} from "@berth/core";
import { unseenEnd } from "./crons/run-end.ts";
import { findCronRun, untilToldEnd } from "./crons/run-now.ts";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive, findRelease } from "./find.ts";
import { loadPlace } from "./generation.ts";
import type { OperationContext } from "./operations.ts";
import { errorOfOperation, interruptedError } from "./operation-errors.ts";
import type { Runs } from "./runs.ts";
import { untilEnded } from "./until-ended.ts";

/** Runs a command beside what is live, as an instance of it would run, until it ends. */
export async function runCommand(context: OperationContext, request: RunRequest, runs: Runs): Promise<void> {
  const { deps, operation, timeline } = context;
  const { release, service, cluster } = await findRunnable(deps, request);
  const command: Command = { argv: [...request.argv] };
  const order = { command, run: operation.id, timeoutMs: null };
  const task = makeTask(service, order, await loadPlace(deps, release, cluster), deps.installationKey);
  timeline.start("run", `${commandText(command)} in v${release.version}`, task.service);
  await untilEnded(context, task, runs, { start: () => deps.runtime.run(task), timeoutMs: null });
}

/** Waits for a command that an earlier server has run; where it is not there any more, nobody knows how it ended. */
export async function resumeRun(context: OperationContext, runs: Runs): Promise<void> {
  const { deps, operation } = context;
  const { tasks } = await deps.runtime.observe(operation);
  const task = [...tasks.values()].find(({ run }) => run === operation.id);
  const scheduled = await findCronRun(context);
  if (task === undefined || task.state === "made") {
    if (scheduled !== null) await deps.store.crons.end(scheduled, unseenEnd(deps.clock.now()));
    throw errorOfOperation(interruptedError("run"));
  }
  if (scheduled !== null) return await untilToldEnd(context, scheduled, runs, async () => undefined);
  await untilEnded(context, task, runs, { start: async () => undefined, timeoutMs: null });
}

/** What is live, or the release that is asked for, and the service that a command runs as: the one that is asked for, or that the release command has, or that takes requests, or the first. */
export async function findRunnable(
  deps: Pick<DeployerDeps, "store">,
  { service: wanted, version, ...scope }: Scope & Pick<RunRequest, "service" | "version">,
): Promise<{ release: Release; service: ReleasedService; cluster: string | null }> {
  const environment = await findEnvironment(deps.store, scope);
  const release =
    version === null
      ? await findLive(deps.store, environment, "A command runs on what is live: push a commit first.")
      : await findRelease(deps.store, scope, version, "berth releases lists those that are kept.");
  const { services, release: declared } = release.snapshot;
  const routed = services.find(({ spec }) => spec.routes.length > 0) ?? services[0];
  const name = wanted ?? declared?.service ?? routed?.spec.name;
  const service = services.find(({ spec }) => spec.name === name);
  // Where the environment is now, wherever an earlier release has run.
  if (service !== undefined) return { release, service, cluster: environment.cluster };
  const names = services.map(({ spec }) => spec.name);
  throw unknownService(version === null ? "What is live" : `v${version}`, name ?? "", names);
}
