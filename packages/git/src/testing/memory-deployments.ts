import {
  type Actor,
  type Deployments,
  type DeployRequest,
  makeSerial,
  type NewOperationEvent,
  type Operation,
  production,
  type RefMover,
  type Scope,
  toBerthError,
} from "@berth/core";
import { type MemoryStore, newOperation } from "./memory-store.ts";

/** Deployments without builds and instances: they take the lock, check, do what the test says, and then move `live` and the ref. */
export interface MemoryDeployments extends Pick<Deployments, "deploy" | "removeEnvironment"> {
  /** What was built, in order. */
  deployed: DeployRequest[];
  /** Stands for the build. What it throws fails the deploy. */
  build: (request: DeployRequest, tell: Tell) => Promise<void>;
}

export type Tell = (event: Partial<NewOperationEvent>) => void;

export function makeMemoryDeployments(store: MemoryStore, refs: () => RefMover): MemoryDeployments {
  const serial = makeSerial();
  let count = 0;

  function begin(
    scope: Scope,
    kind: Operation["kind"],
    actor: Actor,
    work: (operation: Operation) => Promise<Partial<Operation>>,
  ) {
    const { app, environment } = scope;
    const operation = newOperation(`op_${++count}`, { app, environment, kind, actor: actor.person });
    const done = serial(`${app} ${environment}`, async (): Promise<Operation> => {
      const result = await work(operation).catch((thrown: unknown): Partial<Operation> => {
        const { code, message, hint, details } = toBerthError(thrown);
        return { state: "failed", error: { code, message, hint: hint ?? null, lines: details } };
      });
      store.ended(operation.id);
      return { ...operation, state: "succeeded", finishedAt: Date.now(), ...result };
    });
    return Promise.resolve({ operation, done });
  }

  const deployments: MemoryDeployments = {
    deployed: [],
    build: async () => undefined,
    deploy: (request, actor) =>
      begin(request, "deploy", actor, async ({ id }) => {
        const { app, environment, ref } = request;
        await request.check();
        deployments.deployed.push(request);
        await deployments.build(request, (event) =>
          store.append(id, {
            at: 0,
            phase: "build",
            service: "web",
            kind: "line",
            text: "",
            durationMs: null,
            ...event,
          }),
        );
        const key = `${app} ${environment}`;
        const before = store.environmentsOf.get(key);
        const version = (before?.live ?? 0) + 1;
        store.environmentsOf.set(key, {
          app,
          name: environment,
          kind: before?.kind ?? request.kind ?? (environment === production ? "production" : "preview"),
          branch: before?.branch ?? ref?.branch ?? null,
          cluster: null,
          desired: version,
          live: version,
          revision: version,
          pendingRef: null,
          createdAt: 0,
          createdBy: actor.person,
          usedAt: 0,
          ttlMs: null,
          keptUntil: null,
          isProtected: false,
          shareEpoch: 0,
        });
        if (ref !== null) await refs().move(app, ref.branch, ref.commit);
        return { version, url: `http://${app}.test` };
      }),
    removeEnvironment: (scope, actor) =>
      begin(scope, "remove", actor, async () => {
        const key = `${scope.app} ${scope.environment}`;
        const branch = store.environmentsOf.get(key)?.branch ?? null;
        if (branch !== null) await refs().move(scope.app, branch, null);
        store.environmentsOf.delete(key);
        return {};
      }),
  };
  return deployments;
}
