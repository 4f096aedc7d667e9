import type {
  AttachedRun,
  AttachRequest,
  ExecRequest,
  StartedExec,
  Actor,
  Deployments,
  Operation,
  OperationKind,
  Scope,
  Store,
  Wake,
} from "../../packages/core/src/index.ts";
import { BerthError } from "../../packages/core/src/index.ts";

const exampleCron = {
  service: "nightly",
  schedule: "0 3 * * *",
  timezone: "UTC",
  overlap: "skip" as const,
  timeoutMs: 60_000,
  catchUpMs: 0,
  isScheduled: true,
  paused: null,
  nextAt: 10_800_000,
  last: null,
};

const exampleWake = {
  id: "wk_1",
  service: "web",
  workload: "3f5a1c",
  cause: { kind: "person" as const, by: "ada" },
  startedAt: 1,
  endedAt: null,
  state: "running" as const,
  reason: null,
  phases: [],
  current: "queue" as const,
};

const exampleSetting = {
  scope: "production",
  service: null,
  key: "API_KEY",
  value: "vl_1",
  setAt: 1,
  setBy: "ada",
  isGenerated: false,
};

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

  const stray = { app: "shop", environment: "old", service: "web", workload: "3f5a1c", replicas: 1 };

  const recorder = {
    asked,
    /** Operations end as soon as they have started. */
    endsAtOnce: false as boolean,
    /** What runs programs. */
    attachRun: (_request: AttachRequest, _actor: Actor): Promise<AttachedRun> =>
      Promise.reject(new BerthError("run.failed", "nothing runs here")),
    exec: (_request: ExecRequest, _actor: Actor): Promise<StartedExec> =>
      Promise.reject(new Error("nothing runs here")),
    async end(id: string) {
      await store.operations.finish(id, { ok: true, url: "http://shop.localhost:4000" });
      waiting.get(id)?.();
    },
    deploy: () => Promise.reject(new Error("deploys come by git")),
    rollback: (request, actor) => start("rollback", request, request, actor),
    diff: async ({ from, to }) => ({
      before: from,
      after: "version" in to ? to.version : null,
      code: null,
      services: [],
      command: null,
      lasting: [],
    }),
    promote: (request, actor) => start("promote", request, request, actor),
    dryRun: (request, actor) => start("dry-run", request, request, actor),
    checkRollback: async ({ app, environment, version }) => ({
      app,
      environment,
      version: version ?? 1,
      outcome: "safe",
      canForce: true,
      undoes: [],
      findings: [],
      drill: null,
    }),
    drill: (request, actor) => start("drill", request, request, actor),
    rebuild: (scope, actor) => start("rebuild", scope, scope, actor),
    drift: () => [],
    unknown: async () => [stray],
    async removeUnknown(ids, actor) {
      asked.push({ what: "removeUnknown", request: { ids }, actor });
      return [stray].filter(({ workload }) => ids.includes(workload));
    },
    adopt: (request, actor) => start("adopt", request, request, actor),
    move: (request, actor) => start("move", request, request, actor),
    scale: (request, actor) => start("scale", request, request, actor),
    run: (request, actor) => start("run", request, request, actor),
    config: {
      async change(request, actor) {
        asked.push({ what: "config", request, actor });
        const scope = { app: request.app, environment: "production" };
        const { operation } = await start("config", scope, request, actor);
        const changed = {
          environment: scope.environment,
          restarts: ["web"],
          takesEffect: true,
          lacksService: false,
          operation,
        };
        return request.release ? { environments: [changed], later: [] } : { environments: [], later: ["production"] };
      },
      list: async () => ({ items: [exampleSetting], held: [] }),
      async reveal(request, actor) {
        asked.push({ what: "reveal", request, actor });
        return [{ ...exampleSetting, value: "hunter2" }];
      },
      compare: async () => ({
        items: [{ service: "web", key: "API_KEY", state: "different" }],
        onlyLeft: [],
        onlyRight: [],
      }),
      async rotate(actor) {
        asked.push({ what: "rotate", request: {}, actor });
        return { keyId: "b2c3d4e5", before: ["a1b2c3d4"] };
      },
      rotation: async () => ({ keyId: "b2c3d4e5", before: [] }),
    },
    runCron: (request, actor) => start("run", request, request, actor),
    crons: async () => [exampleCron],
    async cancelCron(request, actor) {
      asked.push({ what: "cancelCron", request, actor });
      return [];
    },
    async pauseCron({ isPaused, ...request }, actor) {
      asked.push({ what: isPaused ? "pauseCron" : "resumeCron", request, actor });
      return { ...exampleCron, paused: isPaused ? { at: 1, by: actor.person } : null };
    },
    async *output(_, signal) {
      if (!signal.aborted) yield { at: 1, instance: "web-run-1", stream: "stdout", text: "12 rows" };
    },
    async cancel(id, actor) {
      asked.push({ what: "cancel", request: { id }, actor });
    },
    async wakeServices({ service, ...scope }, actor) {
      asked.push({ what: "wake", request: { ...scope, service }, actor });
      const wake = { ...exampleWake, ...scope, service: service ?? "web" };
      const ended = Promise.withResolvers<Wake>();
      if (recorder.endsAtOnce) ended.resolve({ ...wake, state: "succeeded", endedAt: 2, current: null });
      return [{ wake, done: ended.promise }];
    },
    wakes: (scope) => [{ ...exampleWake, ...scope }],
    async share({ forMs, ...scope }, actor) {
      asked.push({ what: "share", request: { ...scope, forMs }, actor });
      return { url: "http://shop--feature.localhost:4000/?berth_share=t", token: "t", expiresAt: forMs };
    },
    async revokeShares(scope, actor) {
      asked.push({ what: "revokeShares", request: scope, actor });
    },
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
        lastExit: null,
        memoryBytes: 1024,
        cpuMillis: null,
        node: null,
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
            wakes: null,
            keptAwakeBy: [],
            cron: null,
            metric: null,
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
