import { commandText, type Digest, type IdentifiedTask, type OperationError } from "@berth/core";
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

/** Why a release command failed, with its last lines. */
export async function commandError(
  deps: DeployerDeps,
  { task, reason, exitCode }: { task: IdentifiedTask; reason: string; exitCode: number | null },
): Promise<OperationError> {
  return {
    code: "release.command-failed",
    message: `The release command failed: ${reason}: ${commandText(task.command)}`,
    hint: "What was live still is, and this release never took a request. What the command had done by then is done: mend it and push again.",
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
