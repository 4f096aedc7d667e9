import { BerthError, type IdentifiedTask } from "@berth/core";
import { errorOfOperation, leftError } from "./operation-errors.ts";
import type { OperationContext } from "./operations.ts";
import { lastLines } from "./rollout-errors.ts";
import { runMs } from "./run-ms.ts";
import { lingerMs, type Runs } from "./runs.ts";
import { type TaskEnd, taskEnd } from "./task-end.ts";

const removedMessage = "The command is not there any more: something else than Berth has removed it.";

type Run = Pick<IdentifiedTask, "id" | "service">;

export interface RunOptions {
  /** Has it run; nothing where an earlier server has. */
  start(): Promise<void>;
  /** It is ended after so long; null: never. */
  timeoutMs: number | null;
  /** Told how it ended, before the operation does. */
  ended?(end: TaskEnd): Promise<void>;
}

/** Waits for the command of an operation, and ends it where nobody wants it any more. Throws where it did not end well. */
export async function untilEnded(context: OperationContext, task: Run, runs: Runs, options: RunOptions): Promise<void> {
  const { deps, environments, operation, timeline, cancelled, stopping } = context;
  const { clock } = deps;
  const keeper = environments.keeper(operation);
  keeper.keepTask(operation.id);
  let hasEnded = false;
  try {
    await options.start();
    runs.started(operation.id, task.id);
    const tell = (why: string) => timeline.line("start", why, task.service);
    const { timeoutMs } = options;
    const end = await taskEnd({ keeper, run: operation.id, timeoutMs, clock, stopping, tell });
    hasEnded = end.kind === "ended";
    await options.ended?.(end);
    if (end.kind !== "ended") throw taskFailure(end, timeoutMs);
    const { exit, reason } = end.task;
    timeline.end(
      "run",
      exit?.code == null ? (reason ?? "ended") : `exit code ${exit.code}`,
      task.service,
      runMs(end.task),
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

/** What a command failed with that has not run to its end. */
export function taskFailure(end: Exclude<TaskEnd, { kind: "ended" }>, timeoutMs: number | null): BerthError {
  return new BerthError("run.failed", failureText(end, timeoutMs));
}

function failureText(end: Exclude<TaskEnd, { kind: "ended" }>, timeoutMs: number | null): string {
  if (end.kind === "gone") return "The command has ended with its environment.";
  if (end.kind === "lost") return removedMessage;
  if (end.kind === "not-started") return `The command could not be started: ${end.reason}.`;
  return `The command had not ended after ${(timeoutMs ?? 0) / 1_000} s, and was ended.`;
}

/** Whoever reads the output may not have read all of it. Where Berth is stopped meanwhile, the next start finds that nothing wants it. */
async function releaseLater({ deps, environments, operation, stopping }: OperationContext): Promise<void> {
  await deps.clock.sleep(lingerMs, stopping);
  environments.keeper(operation).releaseTask(operation.id);
}
