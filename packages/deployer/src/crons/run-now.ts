import { askedCronRunId, commandText, type CronRun, makeTask, type Scope } from "@berth/core";
import { loadPlace } from "../generation.ts";
import type { OperationContext } from "../operations.ts";
import { operationError } from "../operation-errors.ts";
import type { Runs } from "../runs.ts";
import { untilEnded } from "../until-ended.ts";
import { brokenEnd, runEnd } from "./run-end.ts";
import { findCron } from "./status.ts";

/** Runs a service with a schedule because somebody asks for it, until it ends. It is in the history beside what was due. */
export async function runCronNow(
  context: OperationContext,
  request: Scope & { service: string },
  runs: Runs,
): Promise<void> {
  const { deps, operation, timeline, actor } = context;
  const { app, environment } = request;
  const { release, service, cron } = await findCron(deps, request);
  const { command, name } = service.spec;
  const order = { command, run: operation.id, timeoutMs: cron.timeoutMs };
  const task = makeTask(service, order, await loadPlace(deps, release, release.cluster), deps.installationKey);
  const dueAt = deps.clock.now();
  const run: CronRun = {
    app,
    environment,
    id: askedCronRunId(name, dueAt, operation.id),
    service: name,
    state: "running",
    dueAt,
    count: 1,
    cause: { kind: "person", by: actor.person },
    version: release.version,
    task: { id: task.id, run: operation.id, timeoutMs: cron.timeoutMs },
    startedAt: null,
    endedAt: null,
    exitCode: null,
    reason: null,
    lines: [],
  };
  await deps.store.crons.add(run);
  timeline.start("run", `${commandText(command)} in v${release.version}`, name);
  await untilToldEnd(context, run, runs, () => deps.runtime.run(task));
}

/** The run of an operation, which is in the history of a schedule; null where it is none. */
export async function findCronRun({ deps, operation }: OperationContext): Promise<CronRun | null> {
  const running = await deps.store.crons.running(operation);
  return running.find(({ task }) => task?.run === operation.id) ?? null;
}

/** As `untilEnded`, and the history says how it ended. */
export async function untilToldEnd(
  context: OperationContext,
  run: CronRun,
  runs: Runs,
  start: () => Promise<void>,
): Promise<void> {
  const { deps, cancelled, stopping } = context;
  const { store, clock } = deps;
  const task = run.task!;
  try {
    await untilEnded(context, { id: task.id, service: run.service }, runs, {
      start,
      timeoutMs: task.timeoutMs,
      ended: async (end) => store.crons.end(run, await runEnd(deps, task, end)),
    });
  } catch (error) {
    // Where it goes on without this server, the next one tells its end. What has ended is told already.
    const goesOn = stopping.aborted && !cancelled.aborted;
    const { message } = operationError(cancelled.aborted ? cancelled.reason : error);
    if (!goesOn) await store.crons.end(run, brokenEnd(clock.now(), "failed", `it was given up: ${message}`));
    throw error;
  }
}
