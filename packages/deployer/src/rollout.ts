import {
  BerthError,
  commandText,
  type Digest,
  type Environment,
  type ErrorCode,
  errorStatus,
  type IdentifiedTask,
  type OperationError,
  type OperationKind,
  type Release,
  toBerthError,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { lastRun } from "./last-run.ts";
import { rolloutHint } from "./rollout-hints.ts";

/** How far back the last run of a service that failed is looked for. */
const tailLines = 400;

/** What git's ref has to say once this release is live; null where the release is not a commit of the environment's branch. */
export function refOf(environment: Environment, release: Release): Environment["pendingRef"] {
  const { commit, branch } = release.origin;
  return commit !== null && branch !== null && branch === environment.branch ? { branch, commit } : null;
}

/** Lets git's ref follow what became live. What fails here is made good at the next start: the store knows that it is pending. */
export async function moveRef(deps: DeployerDeps, environment: Environment): Promise<void> {
  const { pendingRef, app, name } = environment;
  if (pendingRef === null) return;
  await deps.refs.move(app, pendingRef.branch, pendingRef.commit);
  await deps.store.environments.clearPendingRef(app, name);
}

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

/** What an operation is left with that the next start takes up again. */
export function leftError(operation: string): OperationError {
  return operationError(
    new BerthError(
      "interrupted",
      "Berth stopped while a command was running; it is taken up again when Berth is back.",
      {
        hint: `berth operations show ${operation} tells how it went.`,
      },
    ),
  );
}

/** What an operation ends with that Berth did not see to its end. */
export function interruptedError(kind: OperationKind = "deploy"): OperationError {
  return operationError(
    new BerthError("superseded", "Berth stopped before this was finished; nothing that was live has changed.", {
      hint: kind === "deploy" ? "Push again." : "Ask for it again.",
    }),
  );
}

/** What a deploy ends with whose person has deployed to the same place again. */
export function supersededError(): OperationError {
  return operationError(
    new BerthError("superseded", "A newer deploy of yours has taken its place; nothing that was live has changed.", {
      hint: "See what became of the newer one.",
    }),
  );
}

/** An operation's error as it was thrown, for what awaits the operation's end. */
export function errorOfOperation({ code, message, hint, lines, exitCode }: OperationError): BerthError {
  return new BerthError(code in errorStatus ? (code as ErrorCode) : "internal", message, {
    details: lines,
    exitCode,
    ...(hint !== null && { hint }),
  });
}

export function operationError(thrown: unknown): OperationError {
  const error = toBerthError(thrown);
  const { code, message, hint = null, details: lines, exitCode } = error;
  return { code, message, hint, lines, ...(exitCode !== undefined && { exitCode }) };
}
