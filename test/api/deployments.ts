import type { Actor, Deployments, Operation, OperationKind, Scope, Store } from "../../packages/core/src/index.ts";
import { BerthError } from "../../packages/core/src/index.ts";

/** A deployer that starts real operations in the store and ends them when the test says so. */
export function makeDeployments(store: Store) {
  const asked: { what: string; request: object; actor: Actor }[] = [];
  const waiting = new Map<string, () => void>();

  async function start(kind: OperationKind, scope: Scope, request: object, actor: Actor) {
    if ((await store.environments.get(scope.app, scope.environment)) === null) {
      throw new BerthError("environment.not-found", "There is no such environment.");
    }
    const operation = await store.operations.start({ ...scope, kind }, actor);
    const ended = new Promise<void>((resolve) => waiting.set(operation.id, resolve));
    const done = ended.then(async (): Promise<Operation> => (await store.operations.get(operation.id)) ?? operation);
    asked.push({ what: kind, request, actor });
    if (recorder.endsAtOnce) await recorder.end(operation.id);
    return { operation, done };
  }

  const recorder = {
    asked,
    /** Operations end as soon as they have started. */
    endsAtOnce: false,
    async end(id: string) {
      await store.operations.finish(id, { ok: true, url: "http://shop.localhost:4000" });
      waiting.get(id)?.();
    },
    deploy: () => Promise.reject(new Error("deploys come by git")),
    rollback: (request, actor) => start("rollback", request, request, actor),
    rebuild: (scope, actor) => start("rebuild", scope, scope, actor),
    drift: () => [],
    move: (request, actor) => start("move", request, request, actor),
    scale: (request, actor) => start("scale", request, request, actor),
    removeEnvironment: (scope, actor) => start("remove", scope, scope, actor),
    async removeApp(app, actor) {
      asked.push({ what: "removeApp", request: { app }, actor });
      await store.apps.delete(app, actor);
    },
    async status(scope) {
      const environment = await store.environments.get(scope.app, scope.environment);
      const { live = null, desired = null } = environment ?? {};
      const instance = {
        id: "web-1",
        state: "ready",
        startedAt: 1,
        restarts: 0,
        memoryBytes: 1024,
        reason: null,
        port: 41_000,
      };
      return {
        ...scope,
        url: "http://shop.localhost:4000",
        live,
        desired,
        services: [
          {
            name: "web",
            workload: "3f5a1c",
            version: live ?? 1,
            routes: ["/"],
            replicas: 1,
            fault: null,
            instances: [instance],
          },
        ],
      };
    },
  } satisfies Deployments & {
    asked: typeof asked;
    endsAtOnce: boolean;
    end(id: string): Promise<void>;
  };
  return recorder;
}
