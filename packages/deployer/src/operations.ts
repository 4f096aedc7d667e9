import type {
  Actor,
  BerthError,
  ErrorCode,
  Operation,
  OperationKind,
  OperationStore,
  Scope,
  Serial,
  StartedOperation,
} from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import type { Environments } from "./environments.ts";
import { operationError } from "./operation-errors.ts";
import { makeTimeline, type Timeline } from "./timeline.ts";

/** What an operation works with, besides what it is asked for. */
export interface OperationContext {
  deps: DeployerDeps;
  environments: Environments;
  operation: Operation;
  timeline: Timeline;
  actor: Actor;
  /** Aborts when the server ends, or somebody ends the operation: what takes long gives up. */
  stopping: AbortSignal;
  /** Aborts, with why, when somebody ends the operation. */
  cancelled: AbortSignal;
  /** Work that nothing waits for but the end of the operation. Where it fails that is noted: it is made up for later. */
  beside(work: Promise<void>): void;
}

export type OperationWork = (context: OperationContext) => Promise<void>;

type OperationResult = Parameters<OperationStore["finish"]>[1];

const retryMs = 1_000;

export interface Operations {
  /** Starts an operation, or takes up an interrupted one: its record first, then its work under the environment's lock, then its end. */
  begin(
    scope: Scope,
    kind: OperationKind,
    actor: Actor,
    work: OperationWork,
    interrupted?: Operation,
  ): Promise<StartedOperation>;
  /** Ends an operation that is under way here, with why. False where none of this id is. */
  cancel(id: string, reason: BerthError): boolean;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
}

/** Ends of operations that cannot be written are tried again until `stopping` aborts. */
export function makeOperations(
  deps: DeployerDeps,
  environments: Environments,
  inTurn: Serial,
  stopping: AbortSignal,
): Operations {
  const { store, clock, log } = deps;
  const running = new Set<Promise<unknown>>();
  const cancels = new Map<string, AbortController>();

  async function carryOut(operation: Operation, actor: Actor, work: OperationWork): Promise<Operation> {
    const timeline = makeTimeline({ operations: store.operations, clock, operation: operation.id });
    const alongside: Promise<void>[] = [];
    const beside = (extra: Promise<void>) => {
      const done = extra.catch((error: unknown) =>
        log.error({ err: error, operation: operation.id }, "work beside an operation failed"),
      );
      alongside.push(done);
    };
    const cancel = new AbortController();
    cancels.set(operation.id, cancel);
    const { signal: cancelled } = cancel;
    const context = { deps, environments, operation, timeline, actor, cancelled, beside };
    const result = await inTurn(turnOf(operation), async () => {
      cancelled.throwIfAborted();
      await work({ ...context, stopping: AbortSignal.any([stopping, cancelled]) });
    }).then(
      (): OperationResult => ({ ok: true, url: hasUrl(operation) ? deps.url(operation) : null }),
      (error: unknown): OperationResult => ({ ok: false, error: tell(operation, error) }),
    );
    cancels.delete(operation.id);
    await Promise.all(alongside);
    if (!result.ok && result.error.code === ("interrupted" satisfies ErrorCode)) {
      // The next start takes it up again, for its command goes on.
      await timeline.flush().catch(() => undefined);
      return await endedNow(operation, result);
    }
    try {
      await write(operation, result, timeline);
    } catch (error) {
      log.error({ err: error, operation: operation.id }, "the end of an operation could not be written; trying again");
      void writeLater(operation, result, timeline);
      return await endedNow(operation, result);
    }
    return (await store.operations.get(operation.id)) ?? operation;
  }

  async function write(operation: Operation, result: OperationResult, timeline: Timeline) {
    await timeline.flush();
    await store.operations.finish(operation.id, result);
  }

  /** Until there is room on the disk again. What is not written when Berth stops is found as interrupted at the next start. */
  async function writeLater(operation: Operation, result: OperationResult, timeline: Timeline) {
    for (;;) {
      await clock.sleep(retryMs, stopping);
      if (stopping.aborted) return;
      const isWritten = await write(operation, result, timeline).then(
        () => true,
        () => false,
      );
      if (isWritten) return;
    }
  }

  /** The operation as whoever waits for it is to see it, though the store does not say so yet. */
  async function endedNow(operation: Operation, result: OperationResult): Promise<Operation> {
    const known = (await store.operations.get(operation.id).catch(() => null)) ?? operation;
    const finishedAt = clock.now();
    return result.ok
      ? { ...known, state: "succeeded", finishedAt, url: result.url }
      : { ...known, state: "failed", finishedAt, error: result.error };
  }

  function tell(operation: Operation, error: unknown) {
    const told = operationError(error);
    if (told.code === "internal")
      log.error({ err: error, operation: operation.id }, "an operation failed unexpectedly");
    return told;
  }

  return {
    async begin(scope, kind, actor, work, interrupted) {
      const operation =
        interrupted ?? (await store.operations.start({ app: scope.app, environment: scope.environment, kind }, actor));
      const done = carryOut(operation, actor, work);
      running.add(done);
      void done.finally(() => running.delete(done));
      return { operation, done };
    },
    cancel(id, reason) {
      const cancel = cancels.get(id);
      cancel?.abort(reason);
      return cancel !== undefined;
    },
    async settled() {
      await Promise.all(running);
    },
  };
}

/** One operation of an environment at a time; what changes nothing that serves goes on beside whatever else there is. */
function turnOf(operation: Operation): string {
  return isBeside(operation) ? `beside ${operation.id}` : scopeKey(operation);
}

/** A command, a dry run or a drill: whatever comes of it, no release does. */
export function isBeside({ kind }: Pick<Operation, "kind">): boolean {
  return kind === "run" || kind === "dry-run" || kind === "drill";
}

function hasUrl(operation: Operation): boolean {
  return operation.kind !== "remove" && !isBeside(operation);
}
