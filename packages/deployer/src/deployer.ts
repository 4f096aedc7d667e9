import {
  type Actor,
  BerthError,
  type Deployments,
  type Operation,
  makeSerial,
  production,
  type Scope,
  type StartedOperation,
  systemActor,
} from "@berth/core";
import { adopt, adoptedLive } from "./adopt.ts";
import { attachRun } from "./attach-run.ts";
import { changeConfig } from "./config/change-config.ts";
import { compareConfig } from "./config/compare-config.ts";
import { listConfig, revealConfig } from "./config/list-config.ts";
import { releaseConfig } from "./config/release-config.ts";
import { deploy } from "./deploy.ts";
import { cancelCron } from "./crons/cancel.ts";
import { runCronNow } from "./crons/run-now.ts";
import { cronStatuses, findCron } from "./crons/status.ts";
import type { DeployerDeps } from "./deps.ts";
import { makeEnvironments } from "./environments.ts";
import { findDiff } from "./diff.ts";
import { drill } from "./drill/drill.ts";
import { findDrillable } from "./drill/find-drillable.ts";
import { dryRun } from "./dry-run.ts";
import { exec } from "./exec.ts";
import { runExpiry } from "./expiry.ts";
import { environmentLogs, type LogRequest, type ServiceLogLine } from "./logs.ts";
import { findEnvironment } from "./find.ts";
import { findMove, move } from "./move.ts";
import { makeNewestDeploys } from "./newest-deploys.ts";
import { makeOperations, type OperationContext } from "./operations.ts";
import { findPromoted } from "./find-promoted.ts";
import { promote } from "./promote.ts";
import { pruneImages, pruneReleases } from "./prune.ts";
import { rebuild } from "./rebuild.ts";
import { recover } from "./recover.ts";
import { resumeRollout } from "./resume-rollout.ts";
import { removeEnvironment, removeExpired, removeUnmade } from "./remove.ts";
import { makeRooms } from "./room.ts";
import { checkRollback, findAllowed, rollback } from "./rollback.ts";
import { cancelledError, errorOfOperation, interruptedError } from "./operation-errors.ts";
import { findRunnable, resumeRun, runCommand } from "./run.ts";
import { makeRuns, type Runs } from "./runs.ts";
import { scale, scaledLive } from "./scale.ts";
import { revokeShares, share } from "./share.ts";
import { environmentStatus } from "./status.ts";
import { makeTable } from "./table.ts";
import { wakeServices } from "./wake-services.ts";
import { startUsage } from "./usage.ts";
import { makeNoteUses } from "./uses.ts";
import { listUnknown, removeUnknown, strayScopes } from "./unknown-workloads.ts";

const pruneEveryMs = 10 * 60_000;
const startsAtOnce = 4;

export interface Deployer extends Deployments {
  /** A request of this program came for a sleeping workload. */
  wake(workload: string, by: string): Promise<void>;
  /** A request came for a release's permalink. False where production has no such release. */
  visit(app: string, version: number): Promise<boolean>;
  logs(scope: Scope, request: LogRequest): AsyncIterable<ServiceLogLine>;
  /** Removes what is no longer needed now, rather than when its turn comes. */
  prune(): Promise<void>;
  /** Ends the loops; what runs goes on. Deploys under way are given up, so that a stop does not wait for a build. May be repeated. */
  stop(): Promise<void>;
}

/** Repairs what a crash left, routes to what is live, and starts what should run. Resolves when requests can be routed. */
export async function startDeployer(deps: DeployerDeps): Promise<Deployer> {
  const { store, runtime, clock, log } = deps;
  const table = makeTable(deps.router);
  const usage = startUsage(deps);
  const environments = makeEnvironments(deps, table, usage);
  const inTurn = makeSerial();
  const stopping = new AbortController();
  const { begin, cancel, settled } = makeOperations(deps, environments, inTurn, stopping.signal);
  const newestDeploys = makeNewestDeploys(cancel);
  const runs = makeRuns({ runtime, clock, stopping: stopping.signal });

  const rooms = makeRooms({ ...deps, remove: (scope) => removeUnused(scope, "it made room for another preview") });

  const remove = (scope: Scope, actor: Actor, interrupted?: Operation) =>
    begin(
      scope,
      "remove",
      actor,
      async (context) => {
        // One that was interrupted may have been all but over.
        const isOver =
          interrupted !== undefined && (await store.environments.get(scope.app, scope.environment)) === null;
        if (!isOver) await removeEnvironment(context, scope);
      },
      interrupted,
    );

  /** Removes an environment in Berth's own name. */
  const removeUnused = async (scope: Scope, why: string) =>
    await endOf(await begin(scope, "remove", systemActor, (context) => removeEnvironment(context, scope, why)));

  async function command(
    scope: Scope,
    actor: Actor,
    work: (context: OperationContext, runs: Runs) => Promise<void>,
    interrupted?: Operation,
  ): Promise<StartedOperation> {
    const started = await begin(scope, "run", actor, (context) => work(context, runs), interrupted);
    runs.expect(started.operation.id, started.done);
    return started;
  }

  const { removals, runs: commands, rollouts, unmade } = await recover(deps);
  // Before any environment is looked at, so that what goes on is not taken for something left over.
  for (const operation of commands) environments.keeper(operation).keepTask(operation.id);
  for (const { release } of rollouts) environments.keeper(release).resume(release.version);
  const stopWatching = runtime.watch((scope) => void environments.keeper(scope).look());
  const stopCounting = deps.router.watch((workload) => {
    const scope = table.placeOf(workload);
    if (scope !== null) environments.keeper(scope).stirs(workload);
  });
  const active = await store.environments.listActive();
  await table.batch(async () => {
    for (const { app, name } of active) await prepare({ app, environment: name });
  });
  const scopes = active.map(({ app, name }) => ({ app, environment: name }));
  void startAll(scopes);
  void lookAtStrays(scopes);
  for (const operation of removals) await remove(operation, systemActor, operation);
  for (const operation of unmade) {
    await begin(operation, "remove", systemActor, (context) => removeUnmade(context, operation));
    await store.operations.finish(operation.id, { ok: false, error: interruptedError(operation.kind) });
  }
  for (const operation of commands) await command(operation, systemActor, resumeRun, operation);
  for (const { operation, release } of rollouts)
    await begin(operation, operation.kind, systemActor, (context) => resumeRollout(context, release), operation);
  void pruneNowAndThen();
  const expiring = runExpiry(
    {
      ...deps,
      noteUses: makeNoteUses(deps, table),
      remove: async (scope) =>
        await endOf(await begin(scope, "remove", systemActor, (context) => removeExpired(context, scope))),
    },
    stopping.signal,
  );

  /** One environment that cannot be read does not keep the others from being served. */
  async function prepare(scope: Scope) {
    await environments
      .keeper(scope)
      .prepare()
      .catch((error: unknown) => {
        log.error({ err: error, ...scope }, "an environment could not be read");
        table.setUnread(scope);
      });
  }

  /** A few environments at a time, so that a start with a thousand apps does not start a thousand processes at once. */
  async function startAll(scopes: Scope[]) {
    const queue = scopes.values();
    const worker = async () => {
      for (const scope of queue) await environments.keeper(scope).look();
    };
    await Promise.all(Array.from({ length: startsAtOnce }, worker));
  }

  /** What no environment of the store is looked at for by anybody else is looked at once: it is told of, and left alone. */
  async function lookAtStrays(known: readonly Scope[]) {
    const strays = await strayScopes(deps, known).catch((error: unknown) => {
      log.error({ err: error }, "what runs could not be looked at");
      return [];
    });
    for (const scope of strays) await environments.keeper(scope).look();
  }

  async function pruneNowAndThen() {
    for (;;) {
      await clock.sleep(pruneEveryMs, stopping.signal);
      if (stopping.signal.aborted) return;
      await prune().catch((error: unknown) => log.error({ err: error }, "pruning failed"));
    }
  }

  /** Throws what an operation failed with. */
  async function endOf({ done }: StartedOperation) {
    const { error } = await done;
    if (error !== null) throw errorOfOperation(error);
  }

  /** Somebody does something with it that is no operation. */
  async function used({ app, environment }: Scope) {
    await store.environments.used([{ app, environment, at: clock.now() }]);
  }

  async function prune() {
    for (const { app, name } of await store.environments.listActive())
      await pruneReleases(deps, environments, { app, environment: name });
    await pruneImages(deps);
  }

  return {
    async deploy(request, actor) {
      await newestDeploys.takePlace(request, actor);
      const started = await begin(request, "deploy", actor, (context) => deploy(context, request, rooms));
      newestDeploys.follow(request, actor, started);
      return started;
    },
    async rollback(request, actor) {
      // What cannot be restored is refused at once; whatever changes until the lock is had is found there.
      const found = await findAllowed(deps, request);
      return begin(request, "rollback", actor, (context) => rollback(context, request, found));
    },
    checkRollback: (request) => checkRollback(deps, request),
    async drill(request, actor) {
      // What cannot be is refused at once.
      const found = await findDrillable(deps, request);
      return begin(request, "drill", actor, (context) => drill(context, request, found));
    },
    diff: (request) => findDiff(deps, request),
    dryRun: (request, actor) => begin(request, "dry-run", actor, (context) => dryRun(context, request, rooms)),
    async promote(request, actor) {
      // What cannot be is refused at once, and what is live there now is what comes: not what is by the time that it is its turn.
      const { release } = await findPromoted(deps, request);
      const chosen = { ...request, version: release.version };
      return begin(request, "promote", actor, (context) => promote(context, chosen, rooms));
    },
    async rebuild(scope, actor) {
      await findEnvironment(store, scope);
      return begin(scope, "rebuild", actor, (context) => rebuild(context, scope));
    },
    async scale(request, actor) {
      // What cannot be is refused at once; what is live then is looked at again under the lock.
      await scaledLive(deps, request);
      return begin(request, "scale", actor, (context) => scale(context, request));
    },
    async move(request, actor) {
      // What cannot be is refused at once, such as a cluster that does not answer.
      await findMove(deps, request);
      return begin(request, "move", actor, (context) => move(context, request));
    },
    async adopt(request, actor) {
      // As with a scale.
      await adoptedLive(deps, request);
      return begin(request, "adopt", actor, (context) => adopt(context, request));
    },
    config: {
      change: (change, actor) =>
        changeConfig(
          deps,
          ({ app, name }, decided) => {
            const scope: Scope = { app, environment: name };
            return begin(scope, "config", actor, (context) => releaseConfig(context, scope, decided));
          },
          change,
          actor,
        ),
      list: (app) => listConfig(deps, app),
      reveal: (request, actor) => revealConfig(deps, request, actor),
      compare: (scope, other) => compareConfig(deps, scope, other),
      rotate: (actor) => deps.vault.rotate(actor),
      rotation: () => deps.vault.rotation(),
    },
    async run(request, actor) {
      // What cannot be is refused at once.
      await findRunnable(deps, request);
      return command(request, actor, (context) => runCommand(context, request, runs));
    },
    attachRun: (request, actor) => attachRun(deps, (work) => begin(request, "run", actor, work), request),
    async runCron(request, actor) {
      await findCron(deps, request);
      return command(request, actor, (context) => runCronNow(context, request, runs));
    },
    crons: (scope) => cronStatuses(deps, scope),
    async pauseCron({ isPaused, ...request }, actor) {
      const { schedule } = await findCron(deps, request);
      await store.crons.setPaused({ ...request, schedule }, isPaused, actor);
      await environments.keeper(request).lookAtCrons();
      return (await cronStatuses(deps, request)).find(({ service }) => service === request.service)!;
    },
    cancelCron: (request, actor) => cancelCron(deps, { environments, cancel }, request, actor),
    output: (operation, signal) => runs.output(operation, signal),
    async cancel(id, actor) {
      const operation = await store.operations.get(id);
      if (operation === null) throw new BerthError("operation.not-found", `There is no operation ${id}.`, { path: id });
      const isRemoval = operation.kind === "remove";
      if (isRemoval || !cancel(id, cancelledError(actor.person))) {
        throw new BerthError("conflict", isRemoval ? "A removal cannot be ended." : `${id} has ended already.`, {
          path: id,
        });
      }
      const { app, environment } = operation;
      await store.audit.append({ person: actor.person, action: "operation.cancel", app, environment, detail: id });
    },
    share: (request, actor) => share(deps, request, actor),
    revokeShares: (scope, actor) => revokeShares(deps, environments, scope, actor),
    removeEnvironment: (scope, actor) => remove(scope, actor),
    async removeApp(app, actor) {
      for (const { name } of await store.environments.list(app))
        await endOf(await remove({ app, environment: name }, actor));
      // The repository first: an app that is made anew must not find the refs of one that was deleted.
      await deps.refs.remove(app);
      await deps.builder.forget(app);
      await store.apps.delete(app, actor);
    },
    async exec(request, actor) {
      const session = await exec(deps, environments, request, actor);
      await used(request);
      return session;
    },
    drift: (scope) => deps.runtime.drift?.(scope).toSorted((a, b) => b.at - a.at) ?? null,
    unknown: () => listUnknown(deps, environments),
    removeUnknown: (ids, actor) => removeUnknown(deps, environments, ids, actor),
    status: (scope) => environmentStatus(deps, scope, environments.faults(scope), environments.metrics(scope)),
    async wake(workload, by) {
      const place = table.placeOf(workload);
      if (place === null) return;
      const { service, ...scope } = place;
      await environments.keeper(scope).wake({ id: workload, service }, { kind: "request", by });
    },
    async wakeServices(request, actor) {
      const started = await wakeServices(deps, environments, request, actor);
      await used(request);
      return started;
    },
    wakes: (scope) => environments.wakes(scope),
    async visit(app, version) {
      // Asked for by anyone, with any name: a loop is for what is there.
      if ((await store.environments.get(app, production)) === null) return false;
      return await environments.keeper({ app, environment: production }).visit(version);
    },
    logs: (scope, request) => environmentLogs(deps, scope, request),
    prune,
    async stop() {
      stopWatching();
      stopCounting();
      stopping.abort(errorOfOperation(interruptedError()));
      await Promise.all([settled(), environments.stop(), usage.stop(), expiring]);
    },
  };
}
