import type { Actor, Operation, OperationKind, Scope, StartedOperation } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import type { Locks } from "./locks.ts";
import { operationError } from "./rollout.ts";
import { makeTimeline, type Timeline } from "./timeline.ts";

export type OperationWork = (operation: Operation, timeline: Timeline) => Promise<void>;

export interface Operations {
  /** Starts an operation, or takes up an interrupted one: its record first, then its work under the environment's lock, then its end. */
  begin(
    scope: Scope,
    kind: OperationKind,
    actor: Actor,
    work: OperationWork,
    interrupted?: Operation,
  ): Promise<StartedOperation>;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
}

export function makeOperations(deps: DeployerDeps, locks: Locks): Operations {
  const { store, clock, log } = deps;
  const running = new Set<Promise<unknown>>();

  async function carryOut(operation: Operation, work: OperationWork): Promise<Operation> {
    const timeline = makeTimeline({ operations: store.operations, clock, operation: operation.id });
    const result = await locks
      .withLock(scopeKey(operation), () => work(operation, timeline))
      .then(
        () => ({ ok: true, url: operation.kind === "remove" ? null : deps.url(operation) }) as const,
        (error: unknown) => ({ ok: false, error: tell(operation, error) }) as const,
      );
    try {
      await timeline.flush();
      await store.operations.finish(operation.id, result);
    } catch (error) {
      log.error({ err: error, operation: operation.id }, "the end of an operation could not be written");
    }
    return (await store.operations.get(operation.id)) ?? operation;
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
      const done = carryOut(operation, work);
      running.add(done);
      void done.finally(() => running.delete(done));
      return { operation, done };
    },
    async settled() {
      await Promise.all(running);
    },
  };
}
