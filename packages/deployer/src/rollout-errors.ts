import {
  commandText,
  type Digest,
  type IdentifiedTask,
  type OperationError,
  rollbackLine,
  type Scope,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { lastRun } from "./last-run.ts";
import { rolloutHint } from "./rollout-hints.ts";

/** How far back the last run of a service that failed is looked for. */
const tailLines = 400;

/** Why a service did not come up, with its last lines. */
export async function rolloutError(
  deps: DeployerDeps,
  failure: { service: string; workload: string; reason: string },
  image: Digest | null,
): Promise<OperationError> {
  const { service, workload, reason } = failure;
  const options = { tail: tailLines, follow: false, signal: new AbortController().signal };
  const artifact = image === null ? null : await deps.store.artifacts.get(image);
  const lines = lastRun(await Array.fromAsync(deps.runtime.logs(workload, options)));
  return {
    code: "rollout.failed",
    message: `${service} did not come up: ${reason}.`,
    hint: rolloutHint({ service, reason, lines, stack: artifact?.provenance.plan.stack ?? null }),
    lines,
  };
}

interface CommandFailure {
  /** Of the release that was rolled out. */
  version: number;
  task: IdentifiedTask;
  reason: string;
  exitCode: number | null;
}

const deployHint =
  "What was live still is, and this release never took a request. What the command had done by then is done: mend it and push again.";

async function undoHint({ store }: DeployerDeps, scope: Scope, version: number): Promise<string> {
  const release = await store.releases.get(scope, version);
  const line = rollbackLine({ ...scope, version: release?.carries ?? version }, "--no-undo");
  return `What was live still is. What was undone by then is undone, and not again by another rollback. To go back and leave data as it is: ${line}`;
}

/** Why a command of a rollout failed, with its last lines. */
export async function commandError(
  deps: DeployerDeps,
  { version, task, reason, exitCode }: CommandFailure,
): Promise<OperationError> {
  const { undoes, command } = task;
  const what = undoes === undefined ? "release command" : `command that undoes v${undoes}`;
  return {
    code: "release.command-failed",
    message: `The ${what} failed: ${reason}: ${commandText(command)}`,
    hint: undoes === undefined ? deployHint : await undoHint(deps, task, version),
    lines: await lastLines(deps, task.id),
    ...(exitCode !== null && { exitCode }),
  };
}

/** What a task printed last, without Berth's lines: how it ended is told beside it. */
export async function lastLines({ runtime }: Pick<DeployerDeps, "runtime">, task: string): Promise<string[]> {
  const options = { tail: tailLines, follow: false, signal: new AbortController().signal };
  // Of what is gone nobody knows any.
  const lines = await Array.fromAsync(runtime.logs(task, options)).catch(() => []);
  return lastRun(lines.filter(({ stream }) => stream !== "berth"));
}
