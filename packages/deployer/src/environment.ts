import {
  type Action,
  BerthError,
  decide,
  type DesiredEnvironment,
  type Digest,
  type Draining,
  type Fault,
  type Generation,
  type IdentifiedTask,
  type IdentifiedWorkload,
  nothingDesired,
  type ObservedWorkload,
  type OperationError,
  type Scope,
  systemActor,
} from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import { loadRetained, loadStoredDesire, type StoredDesire } from "./desired.ts";
import { type KnownServices, loadGeneration } from "./generation.ts";
import { isRuntimeAway, makeEnvironmentFaults, whatIsAway } from "./environment-faults.ts";
import { makeFollowedRollouts } from "./followed-rollouts.ts";
import { makeInventory } from "./inventory.ts";
import { makeFollowedTasks, type TaskListener } from "./followed-tasks.ts";
import { startLookLoop } from "./look-loop.ts";
import { makeMovePatience } from "./move-patience.ts";
import { makeNotes } from "./notes.ts";
import { commandError, interruptedError, leftError, moveRef, operationError, refOf, rolloutError } from "./rollout.ts";
import { makePublishedRoutes } from "./published-routes.ts";
import type { RolloutProgress } from "./rollout-progress.ts";
import { makeEnvironmentRoutes } from "./routes.ts";
import type { Table } from "./table.ts";
import { makeVisits } from "./visits.ts";

const retryMs = 2_000;
/** So long a rollout waits where neither store nor runtime answer, until its pusher is told. */
const patienceMs = 30_000;
/** Drives one environment from what is towards what should be: looks, decides, acts, and looks again. */
export interface EnvironmentKeeper {
  /** Look now. Resolves when a pass that began after this call has ended. */
  look(): Promise<void>;
  /** A request asks for a sleeping workload. */
  wake(workload: string): Promise<void>;
  /** A request asks for a release by its permalink. False where there is no such release that was live. */
  visit(version: number): Promise<boolean>;
  /** Tells `progress` about the rollout of this version, and resolves when it is live and routed (null), or given up (why). */
  follow(version: number, progress: RolloutProgress): Promise<OperationError | null>;
  /** Gives up the rollout of this version, unless it has become live. */
  abandon(version: number, error: OperationError): Promise<void>;
  /** An earlier server may have run the release command of this version: it is waited for where it is there, and not run. */
  resume(version: number): void;
  /** The task of this operation stays until it is released: it is not ended, and not forgotten once it has. */
  keepTask(run: string): void;
  /** Hears at each look of the task of an operation, which stays. */
  followTask(run: string, saw: TaskListener): void;
  releaseTask(run: string): void;
  /** What the runtime could not do the last time it was asked, by workload. */
  faults(): ReadonlyMap<string, Fault>;
  /** Workloads that are there, and that the store knows nothing of. */
  unknown(): ReadonlySet<string>;
  /** Reads the store and publishes the routes, without acting: the first thing at a start. */
  prepare(): Promise<void>;
  /** Ends the loop; what is being rolled out is given up. */
  stop(): Promise<void>;
}

export function startEnvironment(deps: DeployerDeps, table: Table, scope: Scope): EnvironmentKeeper {
  const { store, runtime, router, clock, log } = deps;
  const { scalesByLoad } = runtime.descriptor;
  const loadSince = clock.now();
  const woken = new Map<string, number>();
  const visits = makeVisits(deps);
  const inventory = makeInventory(deps, scope);
  const rollouts = makeFollowedRollouts();
  const tasks = makeFollowedTasks();
  const notes = makeNotes(deps, scope);
  const patience = makeMovePatience();
  const faults = makeEnvironmentFaults(log, scope);
  const published = makePublishedRoutes(table, scope);
  const known: KnownServices = new Map();
  let stored: StoredDesire | null = null;
  let failingSince: number | null = null;
  let toldFailure: string | null = null;
  let isStale = true;
  let isStopped = false;
  let draining: Draining = new Map();

  const loop = startLookLoop({
    pass,
    retryMs,
    clock,
    onError(error) {
      // It is tried every few seconds, and a cluster may be away for long.
      const text = error instanceof Error ? error.message : String(error);
      if (text !== toldFailure) log.error({ err: error, ...scope }, "looking at an environment failed; trying again");
      toldFailure = text;
      failingSince ??= clock.now();
      if (clock.now() - failingSince >= patienceMs) rollouts.abandonAll(operationError(error));
    },
  });

  /** Looks, decides and acts until there is nothing that could be done at once. */
  async function pass(): Promise<number | null> {
    for (;;) {
      if (isStale) await read();
      const { workloads, tasks: seen, outdated = null, freshSince = 0 } = await runtime.observe(scope);
      tasks.saw(seen);
      const desired = await currentDesire(workloads);
      const now = clock.now();
      const observed = {
        workloads,
        tasks: seen,
        load: router.load(),
        loadSince,
        scalesByLoad,
        outdated,
        freshSince,
      };
      // Until every router has the routes, what drains may still get requests that nobody has counted.
      const drains: Draining = published.isRouted() ? draining : new Map();
      const { actions, unknown, lookAgainAt } = decide(desired, observed, drains, now);
      draining = drainsOf(actions, draining, now);
      publish(desired, workloads);
      notes.saw(stored, workloads, actions);
      const { rollout } = desired;
      const progress = rollout && rollouts.progressOf(rollout.version);
      progress?.saw(rollout!, desired, observed);
      const refFollows = await followRef();
      // One that began since the store was read is not over, but not seen yet.
      if (!isStale) rollouts.endAllBut(rollout?.version ?? null);
      const { isOver, failures } = await act(actions);
      if (!isOver || (await giveUpMove(failures))) continue;
      failingSince = null;
      toldFailure = null;
      faults.failed(failures);
      faults.foundUnknown(unknown, workloads);
      progress?.waits(whatIsAway(rollout!, failures) ?? outdated);
      publish(desired, workloads);
      if (stored !== null) await inventory.note(workloads, desired);
      // That a runtime does not answer any more is no event; whoever waits for a rollout is told soon.
      const isDone = refFollows && failures.size === 0 && progress === null;
      const times = [lookAgainAt, isDone ? null : clock.now() + retryMs, stored?.move && patience.until(stored.move)];
      return times.reduce<number | null>((a, b) => (a === null ? (b ?? null) : Math.min(a, b ?? a)), null);
    }
  }

  async function read() {
    isStale = false;
    try {
      const environment = await store.environments.get(scope.app, scope.environment);
      if (environment?.cluster !== stored?.environment.cluster) {
        known.clear();
        visits.clear();
      }
      stored = environment && (await loadStoredDesire(deps, environment, known));
    } catch (error) {
      isStale = true;
      throw error;
    }
  }

  async function readAndPublish() {
    await read();
    const { workloads } = await runtime.observe(scope);
    publish(await currentDesire(workloads), workloads);
  }

  async function currentDesire(workloads: ReadonlyMap<string, ObservedWorkload>): Promise<DesiredEnvironment> {
    if (stored === null) return { ...nothingDesired, kept: tasks.kept() };
    const none = new Set<string>();
    const desired = {
      ...stored,
      visited: visits.current(),
      woken,
      retained: none,
      recorded: none,
      begun: tasks.begun(stored.rollout),
      kept: tasks.kept(),
    };
    const wanted = new Set(
      [desired.live, desired.rollout, ...desired.warm, ...desired.visited].flatMap(
        (generation) => generation?.services.map(({ workload }) => workload.id) ?? [],
      ),
    );
    const hasOthers = [...workloads.keys()].some((id) => !wanted.has(id));
    if (!hasOthers) return desired;
    const retained = await loadRetained(deps, scope, stored.environment.cluster, known);
    return { ...desired, retained, recorded: await inventory.recorded() };
  }

  function publish(desired: DesiredEnvironment, observed: ReadonlyMap<string, ObservedWorkload>) {
    const { domain } = deps;
    published.publish(
      stored &&
        makeEnvironmentRoutes({
          scope,
          domain,
          desired,
          observed,
          draining,
          faults: faults.current(),
          ports: stored.ports,
        }),
    );
  }

  /**
   * Acts in order, until the store has changed and another look sees more. What fails is told at the end: an image of one
   * service that is lost must not keep the others, or the release that would mend it, from being started.
   */
  async function act(actions: readonly Action[]): Promise<{ isOver: boolean; failures: Map<string, unknown> }> {
    const failures = new Map<string, unknown>();
    await inventory.expect(actions.flatMap((action) => (action.kind === "ensure" ? [action.workload.id] : [])));
    for (const action of actions) {
      if (action.kind === "promote") {
        await rollouts.progressOf(action.version)?.settled();
        const told = rollouts.abandoned(action.version);
        await (told === null ? promote(action.version) : giveUp(action.version, told));
        return { isOver: false, failures };
      }
      if (action.kind === "fail") {
        await giveUp(action.version, await rolloutError(deps, action, imageOf(action.workload)));
        return { isOver: false, failures };
      }
      if (action.kind === "fail-command") {
        await rollouts.progressOf(action.version)?.settled();
        await giveUp(action.version, await commandError(deps, action));
        return { isOver: false, failures };
      }
      const workload = subjectOf(action);
      if (action.kind === "drain" || failures.has(workload)) continue;
      try {
        if (action.kind === "ensure") await ensure(action.workload);
        else if (action.kind === "run") await runCommand(action.task);
        else if (action.kind === "scale") await runtime.scale(workload, action.replicas);
        else if (action.kind === "autoscale") await runtime.autoscale?.(workload, action.to);
        else {
          await runtime.remove(workload);
          await inventory.forget(workload);
        }
      } catch (error) {
        if (isOnlyOfRollout(workload) && !isRuntimeAway(error)) {
          await giveUp(stored!.rollout!.version, operationError(error));
          return { isOver: false, failures };
        }
        failures.set(workload, error);
      }
    }
    return { isOver: true, failures };
  }

  /** An engine takes a while for an image that is new to it. */
  async function ensure(workload: IdentifiedWorkload): Promise<void> {
    const { rollout } = stored!;
    const isOfRollout = rollout?.services.some((service) => service.workload.id === workload.id) ?? false;
    if (isOfRollout && runtime.descriptor.needsBase) rollouts.progressOf(rollout!.version)?.loads(workload);
    await runtime.ensure(workload);
  }

  async function runCommand(task: IdentifiedTask): Promise<void> {
    await runtime.run(task);
    tasks.hasBegun(task.id);
  }

  function imageOf(id: string): Digest | null {
    return stored?.rollout?.services.find(({ workload }) => workload.id === id)?.workload.image ?? null;
  }

  function isOnlyOfRollout(workload: string): boolean {
    const has = (generation: Generation | null | undefined) =>
      generation?.services.some((service) => service.workload.id === workload) ?? false;
    return (has(stored?.rollout) && !has(stored?.live)) || stored?.rollout?.command?.id === workload;
  }

  /** Lets git's ref follow `live`. False where it could not: what is live stays, and the next pass tries again. */
  async function followRef(): Promise<boolean> {
    const environment = stored?.environment;
    if (!environment?.pendingRef) return true;
    try {
      await moveRef(deps, environment);
      stored = { ...stored!, environment: { ...environment, pendingRef: null } };
      return true;
    } catch (error) {
      log.error({ err: error, ...scope }, "git's ref could not follow what is live; trying again");
      return false;
    }
  }

  /** Whether a move was given up that cannot come to its end. */
  async function giveUpMove(failures: ReadonlyMap<string, unknown>): Promise<boolean> {
    const move = stored?.move ?? null;
    if (move === null || isStale) return false;
    const there = [...failures].flatMap(([workload, error]) => (isOnlyOfRollout(workload) ? [error] : []));
    const why = patience.judge(move, there, clock.now());
    if (why !== null) await giveUp(move.version, why);
    return why !== null;
  }

  async function giveUp(version: number, error: OperationError) {
    isStale = true;
    notes.gaveUp(stored?.rollout, error.message);
    await store.releases.fail({ ...scope, version, reason: error.message }, systemActor);
    rollouts.gaveUp(version, error);
  }

  /** A rollout that nobody drives any more is given up, unless it has just become live. Where the store cannot be told, the next start does it. */
  async function interrupt(version: number): Promise<OperationError | null> {
    const { command, version: current } = stored?.rollout ?? {};
    // It goes on without this server, and the next one waits for it.
    if (command != null && current === version && tasks.begun(null).has(command.id)) return leftError(command.run);
    const error = interruptedError();
    try {
      await store.releases.fail({ ...scope, version, reason: error.message }, systemActor);
      return (await store.releases.get(scope, version))?.state === "live" ? null : error;
    } catch (cause) {
      log.error({ err: cause, ...scope, version }, "a rollout that was interrupted could not be given up");
      return error;
    }
  }

  async function promote(version: number) {
    const before = stored!;
    isStale = true;
    const release = await store.releases.get(scope, version);
    if (release === null)
      throw new BerthError("release.not-found", `Release v${version} is gone while it was rolled out.`);
    const actor = { person: release.createdBy, role: "deployer" as const };
    const ref = refOf(before.environment, release);
    await store.releases.promote({ ...scope, version, ref }, before.environment.revision, actor);
  }

  return {
    look: loop.look,
    async wake(workload) {
      woken.set(workload, clock.now());
      notes.woke(workload);
      await loop.look();
    },
    async visit(version) {
      if (!visits.has(version)) {
        const release = await store.releases.get(scope, version);
        if (release === null || release.liveAt === null) return false;
        const cluster = (await store.environments.get(scope.app, scope.environment))?.cluster ?? null;
        visits.add(await loadGeneration(deps, release, cluster));
      }
      await loop.look();
      return true;
    },
    async follow(version, progress) {
      if (isStopped) return await interrupt(version);
      const ended = rollouts.follow(version, progress);
      isStale = true;
      void loop.look();
      const error = await ended;
      if (error === null) progress.routed(await published.routed());
      return error;
    },
    async abandon(version, error) {
      await store.releases.fail({ ...scope, version, reason: error.message }, systemActor);
      isStale = true;
      if ((await store.releases.get(scope, version))?.state !== "live") rollouts.gaveUp(version, error);
      await loop.look();
    },
    resume: tasks.resume,
    keepTask: tasks.keep,
    followTask(run, saw) {
      tasks.follow(run, saw);
      void loop.look();
    },
    releaseTask(run) {
      tasks.release(run);
      void loop.look();
    },
    faults: faults.current,
    unknown: faults.unknown,
    prepare: readAndPublish,
    async stop() {
      isStopped = true;
      await loop.stop();
      tasks.close();
      await rollouts.interruptAll(interrupt);
    },
  };
}

/** The workload or task that an action is about. */
function subjectOf(action: Exclude<Action, { kind: "promote" | "fail" | "fail-command" }>): string {
  if (action.kind === "run") return action.task.id;
  return action.kind === "ensure" ? action.workload.id : action.workload;
}

/** Instances that drain now, each with when that began. */
function drainsOf(actions: readonly Action[], before: Draining, now: number): Draining {
  const instances = actions.flatMap((action) => (action.kind === "drain" ? action.instances : []));
  return new Map(instances.map((id) => [id, before.get(id) ?? now]));
}
