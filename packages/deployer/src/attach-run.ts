import { type AttachedRun, type AttachRequest, BerthError, type StartedOperation } from "@berth/core";
import { runAttached } from "./attached-run.ts";
import type { DeployerDeps } from "./deps.ts";
import { errorOfOperation } from "./operation-errors.ts";
import type { OperationWork } from "./operations.ts";
import { findRunnable } from "./run.ts";

/** Begins an operation that runs a command with a session. Resolves with that; throws what the operation has failed with before there was one. */
export async function attachRun(
  deps: DeployerDeps,
  begin: (work: OperationWork) => Promise<StartedOperation>,
  request: AttachRequest,
): Promise<AttachedRun> {
  const { lacksTerminal } = deps.runtime.descriptor.exec;
  if (request.terminal !== null && lacksTerminal !== null)
    throw new BerthError("runtime.failed", lacksTerminal, { hint: "Run it without: berth run --no-tty -- …" });
  // What cannot be is refused at once.
  await findRunnable(deps, request);
  const opened = Promise.withResolvers<AttachedRun>();
  const { done } = await begin((context) => runAttached(context, request, opened.resolve));
  void done.then(({ error }) => error !== null && opened.reject(errorOfOperation(error)));
  return await opened.promise;
}
