import {
  type AttachedRun,
  type AttachRequest,
  BerthError,
  type Command,
  commandText,
  type ExecExit,
  type ExecSession,
  type IdentifiedTask,
  makeTask,
  type ObservedTask,
} from "@berth/core";
import { loadPlace } from "./generation.ts";
import { errorOfOperation, interruptedError } from "./operation-errors.ts";
import type { OperationContext } from "./operations.ts";
import { findRunnable } from "./run.ts";
import { taskEnd, type TaskEnd } from "./task-end.ts";
import { taskFailure } from "./until-ended.ts";

/** Does nothing, so that something can run beside it. It ends as soon as it is asked to, also as the first process of a container. */
const holding: Command = { shell: "trap 'kill $! 2>/dev/null; exit 0' TERM; while sleep 86400 & wait $!; do :; done" };

/** Runs a command with a session of whoever asks, in a task of its own that only holds. `opened` is told of the session once there is one. Throws where it did not end well. */
export async function runAttached(
  context: OperationContext,
  request: AttachRequest,
  opened: (run: AttachedRun) => void,
): Promise<void> {
  const { deps, environments, operation, timeline, stopping, cancelled } = context;
  const { release, service, cluster } = await findRunnable(deps, request);
  // Not the operation's own name: what a server has left of it is kept by nobody, and ends at the next start.
  const run = `at-${operation.id}`;
  const place = await loadPlace(deps, release, cluster);
  const holder = makeTask(service, { command: holding, run, timeoutMs: null }, place, deps.installationKey);
  const keeper = environments.keeper(operation);
  const command = commandText({ argv: [...request.argv] });
  const endStep = timeline.start("run", `${command} in v${release.version}`, holder.service);
  const gone = Promise.withResolvers<void>();
  keeper.keepTask(run);
  try {
    await deps.runtime.run(holder);
    const { instance, ended } = await untilHolding(context, holder);
    const { argv, terminal } = request;
    const session = await deps.runtime.exec(holder.id, instance, { argv, terminal });
    const attached = makeAttached(session, gone.promise);
    const hangUp = () => void attached.hangUp();
    stopping.addEventListener("abort", hangUp, { once: true });
    if (stopping.aborted) hangUp();
    // Somebody else may have removed what holds it, or the environment.
    void ended.then(hangUp);
    const { version } = release;
    opened({ session: attached.session, operation: operation.id, service: holder.service, version });
    const exit = await session.exit;
    stopping.removeEventListener("abort", hangUp);
    const isHungUp = attached.isHungUp();
    endStep(`exit code ${exit.code}`);
    if (cancelled.aborted) throw cancelled.reason;
    if (stopping.aborted) throw errorOfOperation(interruptedError("run"));
    if (exit.code !== 0 || isHungUp) throw attachedError(exit, isHungUp);
  } finally {
    await deps.runtime.remove(holder.id).catch(() => undefined);
    // What could not be removed goes with the next look.
    keeper.releaseTask(run);
    gone.resolve();
  }
}

/** Resolves when the task holds, with its instance, and how it ends. Throws why it does not. */
async function untilHolding(
  { deps, environments, operation, timeline, stopping }: OperationContext,
  { run, service }: IdentifiedTask,
): Promise<{ instance: string; ended: Promise<unknown> }> {
  const keeper = environments.keeper(operation);
  const holds = Promise.withResolvers<string>();
  const saw = (task: ObservedTask | null | "gone") => {
    if (task === null || task === "gone") return;
    if (task.state === "running" && task.startedAt !== null && task.instance != null) holds.resolve(task.instance);
  };
  const ended = taskEnd({
    keeper: {
      look: keeper.look,
      followTask: (name, listener) =>
        keeper.followTask(name, (task) => {
          saw(task);
          listener(task);
        }),
    },
    run,
    timeoutMs: null,
    clock: deps.clock,
    stopping,
    tell: (why) => timeline.line("start", why, service),
  });
  const first = await Promise.race([holds.promise, ended]);
  if (typeof first !== "string") throw notHeld(first);
  return { instance: first, ended: ended.catch(() => undefined) };
}

function notHeld(end: TaskEnd): BerthError {
  if (end.kind !== "ended") return taskFailure(end, null);
  const reason = end.task.reason ?? "it ended at once";
  return new BerthError("run.failed", `The command could not be started: ${reason}.`, {
    hint: "With input it needs a shell (sh) and sleep in its image; --no-stdin runs it without them.",
  });
}

/** A session that knows whether it was hung up on before it ended, and is closed when what holds it is gone. */
function makeAttached(session: ExecSession, gone: Promise<void>) {
  let hasEnded = false;
  let isHungUp = false;
  void session.exit.then(() => (hasEnded = true));
  const hangUp = async () => {
    isHungUp ||= !hasEnded;
    await session.close();
  };
  const close = async () => {
    await hangUp();
    await gone;
  };
  return { session: { ...session, close }, hangUp, isHungUp: () => isHungUp };
}

function attachedError({ code, message }: ExecExit, isHungUp: boolean): BerthError {
  const why = isHungUp ? "nobody was at its other end any more" : (message ?? `it exited with code ${code}`);
  return new BerthError("run.failed", `The command has failed: ${why}.`, { exitCode: code });
}
