import {
  BerthError,
  type Command,
  commandText,
  type IdentifiedTask,
  makeTask,
  type ObservedTask,
  type Release,
  type ReleasedService,
  type RunRequest,
  type Scope,
  unknownService,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { findEnvironment, findLive } from "./find.ts";
import { loadPlace } from "./generation.ts";
import type { OperationContext } from "./operations.ts";
import { errorOfOperation, interruptedError, leftError } from "./operation-errors.ts";
import { lastLines } from "./rollout-errors.ts";
import { runMs } from "./run-ms.ts";
import { lingerMs, type Runs } from "./runs.ts";
import { waitText } from "./wait-text.ts";

/** Runs a command beside what is live, as an instance of it would run, until it ends. */
export async function runCommand(context: OperationContext, request: RunRequest, runs: Runs): Promise<void> {
  const { deps, operation, timeline } = context;
  const { release, service } = await findRunnable(deps, request);
  const command: Command = { argv: [...request.argv] };
  const order = { command, run: operation.id, timeoutMs: null };
  const task = makeTask(service, order, await loadPlace(deps, release, release.cluster), deps.installationKey);
  timeline.start("run", `${commandText(command)} in v${release.version}`, task.service);
  await untilEnded(context, task, runs, () => deps.runtime.run(task));
}

/** Waits for a command that an earlier server has run; where it is not there any more, nobody knows how it ended. */
export async function resumeRun(context: OperationContext, runs: Runs): Promise<void> {
  const { deps, operation } = context;
  const { tasks } = await deps.runtime.observe(operation);
  const task = [...tasks.values()].find(({ run }) => run === operation.id);
  if (task === undefined || task.state === "made") throw errorOfOperation(interruptedError());
  await untilEnded(context, task, runs, async () => undefined);
}

/** What is live, and the service that a command runs as: the one that is asked for, or that the release command has, or that takes requests, or the first. */
export async function findRunnable(
  deps: Pick<DeployerDeps, "store">,
  { service: wanted, ...scope }: Scope & Pick<RunRequest, "service">,
): Promise<{ release: Release; service: ReleasedService }> {
  const environment = await findEnvironment(deps.store, scope);
  const release = await findLive(deps.store, environment, "A command runs on what is live: push a commit first.");
  const { services, release: declared } = release.snapshot;
  const routed = services.find(({ spec }) => spec.routes.length > 0) ?? services[0];
  const name = wanted ?? declared?.service ?? routed?.spec.name;
  const service = services.find(({ spec }) => spec.name === name);
  if (service !== undefined) return { release, service };
  const names = services.map(({ spec }) => spec.name);
  throw unknownService("What is live", name ?? "", names);
}

const removedMessage = "The command is not there any more: something else than Berth has removed it.";

type Run = Pick<IdentifiedTask, "id" | "service">;

async function untilEnded(context: OperationContext, task: Run, runs: Runs, start: () => Promise<void>): Promise<void> {
  const { deps, environments, operation, timeline, cancelled, stopping } = context;
  const keeper = environments.keeper(operation);
  keeper.keepTask(operation.id);
  let hasEnded = false;
  try {
    await start();
    runs.started(operation.id, task.id);
    const ended = await seenEnded(context, (why) => timeline.line("start", why, task.service));
    const { exit, reason } = ended;
    hasEnded = true;
    timeline.end(
      "run",
      exit?.code == null ? (reason ?? "ended") : `exit code ${exit.code}`,
      task.service,
      runMs(ended),
    );
    if (exit?.code === 0) return;
    throw new BerthError("run.failed", `The command has failed: ${reason ?? "nobody knows how it ended"}.`, {
      details: await lastLines(deps, task.id),
      ...(exit?.code != null && { exitCode: exit.code }),
    });
  } catch (error) {
    // It goes on without this server, and the next one waits for it.
    if (!hasEnded && stopping.aborted && !cancelled.aborted) throw errorOfOperation(leftError(operation.id));
    throw error;
  } finally {
    if (hasEnded) void releaseLater(context);
    else if (cancelled.aborted || !stopping.aborted) {
      // Nothing wants it any more, so it is ended.
      keeper.releaseTask(operation.id);
      await keeper.look();
    }
  }
}

/** Whoever reads the output may not have read all of it. Where Berth is stopped meanwhile, the next start finds that nothing wants it. */
async function releaseLater({ deps, environments, operation, stopping }: OperationContext): Promise<void> {
  await deps.clock.sleep(lingerMs, stopping);
  environments.keeper(operation).releaseTask(operation.id);
}

/** Resolves with the task once it has ended; rejects where that is not waited for any more. Tells each reason why it has not started. */
function seenEnded(
  { environments, operation, stopping, deps }: OperationContext,
  tell: (reason: string) => void,
): Promise<ObservedTask> {
  const told = new Set<string>();
  // What was looked at while it was started may not have it yet.
  let isMissing = false;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(stopping.reason);
    stopping.addEventListener("abort", giveUp, { once: true });
    if (stopping.aborted) return giveUp();
    const keeper = environments.keeper(operation);
    keeper.followTask(operation.id, (task) => {
      if (task === "gone") return reject(new BerthError("run.failed", "The command has ended with its environment."));
      if (task === null) {
        if (isMissing) return reject(new BerthError("run.failed", removedMessage));
        isMissing = true;
        return void keeper.look();
      }
      const { state, startedAt, reason, givenUpAt } = task;
      if (state === "ended") {
        stopping.removeEventListener("abort", giveUp);
        return resolve(task);
      }
      if (startedAt !== null || reason === null) return;
      if (givenUpAt !== null && deps.clock.now() >= givenUpAt)
        return reject(new BerthError("run.failed", `The command could not be started: ${reason}.`));
      if (!told.has(reason)) tell(waitText(reason, task));
      told.add(reason);
    });
  });
}
