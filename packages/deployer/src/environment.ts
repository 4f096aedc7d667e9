import {
  type Action,
  type CronRun,
  decide,
  type DesiredEnvironment,
  type Draining,
  type Fault,
  type Generation,
  generationsOf,
  type HostAccess,
  type MetricState,
  type ObservedWorkload,
  type OperationError,
  type Scope,
  shareKeyOf,
  type StartedWake,
  toBerthError,
  type Wake,
  type WakeCause,
  workloadIds,
} from "@berth/core";
import { applyActions, isOnlyOfRollout } from "./apply-actions.ts";
import { makeCrons } from "./crons/crons.ts";
import type { DeployerDeps } from "./deps.ts";
import type { StoredDesire } from "./desired.ts";
import { type DrillListener, makeDrills, movedError } from "./drill/drills.ts";
import { makeEnvironmentDesire } from "./environment-desire.ts";
import { makeEnvironmentFaults, whatIsAway } from "./environment-faults.ts";
import { makeFollowedRollouts } from "./followed-rollouts.ts";
import { makeFollowedTasks, type TaskListener } from "./followed-tasks.ts";
import { makeInventory } from "./inventory.ts";
import { startLookLoop } from "./look-loop.ts";
import { makeMetricCommands } from "./metric/metric-commands.ts";
import { makeMovePatience } from "./move-patience.ts";
import { makeNotes } from "./notes.ts";
import { operationError } from "./operation-errors.ts";
import { makePublishedRoutes } from "./published-routes.ts";
import { makeRolloutEnds } from "./rollout-ends.ts";
import type { RolloutProgress } from "./rollout-progress.ts";
import { makeEnvironmentRoutes } from "./routes.ts";
import { makeScalers } from "./scalers.ts";
import type { Table } from "./table.ts";
import type { UsageMeter } from "./usage-meter.ts";
import { makeWakes } from "./wakes.ts";

const retryMs = 2_000;
/** So long a rollout waits where neither store nor runtime answer, until its pusher is told. */
const patienceMs = 30_000;

/** Drives one environment from what is towards what should be: looks, decides, acts, and looks again. */
export interface EnvironmentKeeper {
  /** Look now. Resolves when a pass that began after this call has ended. */
  look(): Promise<void>;
  /** Somebody asks for a sleeping workload. Resolves when it was asked for, where it can be. */
  wake(workload: { id: string; service: string }, cause: WakeCause): Promise<StartedWake>;
  /** The starts of workloads that slept: those under way, and of what is up since the last one. */
  wakes(): readonly Wake[];
  /** The load of a workload changes after a while without. */
  stirs(workload: string): void;
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
  /**
   * Has a release run beside what is live, with one instance of each of its services, until the function that comes back is called; that
   * resolves when what is not needed besides is being stopped. Hears of it at each look. Throws `conflict` where another one is drilled.
   */
  drill(generation: Generation, saw: DrillListener): () => Promise<void>;
  /** What the runtime could not do the last time it was asked, by workload. */
  faults(): ReadonlyMap<string, Fault>;
  /** Workloads that are there, and that the store knows nothing of. */
  unknown(): ReadonlySet<string>;
  /** What its metric commands tell, by workload. */
  metrics(): ReadonlyMap<string, MetricState>;
  /** The store has changed: reads it before the next look. Resolves when every router has what follows from it. */
  reread(): Promise<void>;
  /** Reads the store and publishes the routes, without acting: the first thing at a start. */
  prepare(): Promise<void>;
  /** Somebody has paused a schedule, or lets it go on. */
  lookAtCrons(): Promise<void>;
  /** Ends a run that its schedule has begun. */
  cancelCronRun(run: CronRun, by: string): Promise<void>;
  /** Ends the loop; what is being rolled out is given up. */
  stop(): Promise<void>;
}

export function startEnvironment(deps: DeployerDeps, table: Table, usage: UsageMeter, scope: Scope): EnvironmentKeeper {
  const { runtime, router, clock, log, domain } = deps;
  const { scalesByLoad } = runtime.descriptor;
  const loadSince = clock.now();
  const inventory = makeInventory(deps, scope);
  const rollouts = makeFollowedRollouts();
  const tasks = makeFollowedTasks();
  const drills = makeDrills();
  const desire = makeEnvironmentDesire(deps, scope, { tasks, inventory, drills });
  const notes = makeNotes(deps, scope);
  const wakes = makeWakes({ ...deps, usage }, scope);
  const ends = makeRolloutEnds(deps, scope, { desire, rollouts, tasks, notes });
  const patience = makeMovePatience();
  const faults = makeEnvironmentFaults(log, scope);
  const published = makePublishedRoutes(table, scope);
  const scalers = makeScalers(deps.policy.scaling);
  const crons = makeCrons(deps, scope, { tasks, look: () => loop.look() });
  const metrics = makeMetricCommands({ ...deps, tasks, look: () => loop.look() }, scope);
  let failingSince: number | null = null;
  let toldFailure: string | null = null;
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
      if (clock.now() - failingSince >= patienceMs) {
        rollouts.abandonAll(operationError(error));
        drills.end(toBerthError(error));
      }
    },
  });

  /** Looks, decides and acts until there is nothing that could be done at once. */
  async function pass(): Promise<number | null> {
    for (;;) {
      if (desire.isStale()) await desire.read();
      await crons.saw(desire.stored());
      const seen = await runtime.observe(scope);
      const { workloads, outdated = null, freshSince = 0 } = seen;
      tasks.saw(seen.tasks);
      const desired = await desire.current(workloads);
      const now = clock.now();
      const load = router.load(new Set([...workloads.keys(), ...workloadIds(...generationsOf(desired))]));
      if (outdated === null) usage.saw(desired, workloads, load);
      const quota = runtime.quota?.(desire.stored()?.environment.cluster ?? null) ?? null;
      const counted = { workloads, tasks: seen.tasks, load, loadSince, scalesByLoad, quota, outdated, freshSince };
      metrics.saw(desired, workloads);
      const demands = scalers.judge(desired, { ...counted, backlogs: metrics.backlogs() }, now);
      const observed = { ...counted, demands };
      // Until every router has the routes, what drains may still get requests that nobody has counted.
      const drains: Draining = published.isRouted() ? draining : new Map();
      const { actions, unknown, lookAgainAt } = decide(desired, observed, drains, now);
      draining = drainsOf(actions, draining, now);
      publish(desired, workloads);
      notes.saw(desire.stored(), workloads, actions);
      const { rollout } = desired;
      const progress = rollout && rollouts.progressOf(rollout.version);
      progress?.saw(rollout!, desired, observed);
      const refFollows = await ends.followRef();
      // One that began since the store was read is not over, but not seen yet.
      if (!desire.isStale()) rollouts.endAllBut(rollout?.version ?? null);
      const stored = desire.stored();
      const { isOver, failures } = await applyActions(deps, { stored, inventory, rollouts, ends, tasks }, actions);
      if (!isOver || (await giveUpMove(failures))) continue;
      failingSince = null;
      toldFailure = null;
      faults.failed(failures);
      faults.foundUnknown(unknown, workloads);
      drills.saw(observed, faults.current(), now);
      progress?.waits(whatIsAway(rollout!, failures) ?? outdated);
      publish(desired, workloads);
      if (stored !== null) await inventory.note(workloads, desired);
      // That a runtime does not answer any more is no event; whoever waits for a rollout is told soon.
      const isDone = refFollows && failures.size === 0 && progress === null;
      const retryAt = isDone ? null : clock.now() + retryMs;
      return earliest([lookAgainAt, retryAt, stored?.move ? patience.until(stored.move) : null]);
    }
  }

  function publish(desired: DesiredEnvironment, observed: ReadonlyMap<string, ObservedWorkload>) {
    const stored = desire.stored();
    const state = { desired, observed, draining, faults: faults.current() };
    const routes =
      stored && makeEnvironmentRoutes({ scope, domain, ...state, ports: stored.ports, access: accessOf(deps, stored) });
    published.publish(routes && wakes.follow(routes, observed));
  }

  /** Whether a move was given up that cannot come to its end. */
  async function giveUpMove(failures: ReadonlyMap<string, unknown>): Promise<boolean> {
    const stored = desire.stored();
    const move = stored?.move ?? null;
    if (move === null || desire.isStale()) return false;
    const there = [...failures].flatMap(([workload, error]) => (isOnlyOfRollout(stored, workload) ? [error] : []));
    const why = patience.judge(move, there, clock.now());
    if (why !== null) await ends.giveUp(move.version, why);
    return why !== null;
  }

  return {
    look: loop.look,
    async wake({ id, service }, cause) {
      desire.woke(id);
      notes.woke(id, cause);
      const started = wakes.begin(id, service, cause);
      await loop.look();
      return { ...started, wake: wakes.recent().find((wake) => wake.id === started.wake.id) ?? started.wake };
    },
    wakes: wakes.recent,
    stirs(workload) {
      if (scalers.follows(workload)) void loop.look();
    },
    async visit(version) {
      if (!(await desire.visit(version))) return false;
      await loop.look();
      return true;
    },
    async follow(version, progress) {
      if (isStopped) return await ends.interrupt(version);
      const ended = rollouts.follow(version, progress);
      desire.outdate();
      void loop.look();
      const error = await ended;
      if (error === null) progress.routed(await published.routed());
      return error;
    },
    async abandon(version, error) {
      await ends.abandon(version, error);
      await loop.look();
    },
    resume: tasks.resume,
    keepTask: tasks.keep,
    followTask: tasks.follow,
    releaseTask(run) {
      tasks.release(run);
      void loop.look();
    },
    drill(generation, saw) {
      const letGo = drills.hold(generation, saw);
      if (isStopped) drills.end(movedError(scope));
      else void loop.look();
      return async () => {
        letGo();
        await loop.look();
      };
    },
    faults: faults.current,
    unknown: faults.unknown,
    metrics: metrics.states,
    async reread() {
      desire.outdate();
      await loop.look();
      await published.routed();
    },
    async prepare() {
      await desire.read();
      const { workloads } = await runtime.observe(scope);
      publish(await desire.current(workloads), workloads);
    },
    lookAtCrons: crons.look,
    cancelCronRun: crons.cancel,
    async stop() {
      isStopped = true;
      await Promise.all([crons.stop(), metrics.stop()]);
      await loop.stop();
      tasks.close();
      drills.end(movedError(scope));
      await rollouts.interruptAll(ends.interrupt);
    },
  };
}

/** What lets requests into an environment; null: it is open. */
function accessOf({ installationKey }: DeployerDeps, { environment }: StoredDesire): HostAccess | null {
  if (!environment.isProtected) return null;
  return { key: shareKeyOf(installationKey, environment), owner: environment.createdBy };
}

/** Instances that drain now, each with when that began. */
function drainsOf(actions: readonly Action[], before: Draining, now: number): Draining {
  const instances = actions.flatMap((action) => (action.kind === "drain" ? action.instances : []));
  return new Map(instances.map((id) => [id, before.get(id) ?? now]));
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
