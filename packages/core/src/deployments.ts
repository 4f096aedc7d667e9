import type { ConfigDesk } from "./config/change.ts";
import type { CronRun, CronStatus } from "./cron.ts";
import type { ExecOptions, ExecSession } from "./exec.ts";
import type { Operation } from "./operation.ts";
import type { Requester } from "./decide/kept-awake.ts";
import type { RollbackVerdict } from "./decide/rollback/verdict.ts";
import type { DrillRequest, DrillSummary } from "./drill.ts";
import type { ReleaseDiff } from "./diff/release-diff.ts";
import type { WakeSummary } from "./decide/wake-summary.ts";
import type { Actor } from "./people.ts";
import type { Drift, InstanceExit, LogLine, Scope } from "./runtime.ts";
import type { ScaleChange } from "./scale.ts";
import type { MetricCommand } from "./service.ts";
import type { SourceOrigin, SourceTree } from "./source.ts";
import type { Wake } from "./wake.ts";

/** What git and the API ask the deployer for. Each returns as soon as the operation exists; `done` resolves when it has ended, with its final state, and never rejects. */
export interface Deployments {
  deploy(request: DeployRequest, actor: Actor): Promise<StartedOperation>;
  /** Throws `release.not-found`, `release.not-restorable`, `image.unfit`, and `release.rollback-blocked` where it is not safe, and not forced. */
  rollback(request: RollbackRequest, actor: Actor): Promise<StartedOperation>;
  /** What a rollback would do, and whether it is safe; nothing is changed. Throws `release.not-found`, `release.not-restorable`. */
  checkRollback(request: RollbackRequest): Promise<RollbackCheck>;
  /**
   * Runs the release that a rollback would return to beside what is live, asks both the same, and lets it go. Throws `release.not-found`,
   * `release.not-restorable`, `image.unfit`, `input.invalid` where it has nothing to start, `conflict` where there is no room for it.
   */
  drill(request: DrillRequest, actor: Actor): Promise<StartedOperation>;
  /**
   * What would be otherwise: of what is live, or of an older release. Builds nothing and changes nothing. Throws `release.not-found`,
   * `not-found` where git has no such source, and what planning throws.
   */
  diff(request: DiffRequest): Promise<ReleaseDiff>;
  /** Goes the way of a deploy up to where its release would be written: what it would do is in its timeline. Nothing that serves changes. */
  dryRun(request: DryRunRequest, actor: Actor): Promise<StartedOperation>;
  /**
   * Makes the images of a release of one environment the next release of another. Throws `environment.not-found`, `release.not-found`,
   * `release.not-restorable`, `image.unfit`, and `input.invalid` where both are one.
   */
  promote(request: PromoteRequest, actor: Actor): Promise<StartedOperation>;
  /** Builds the source of the live release again, on the bases that are pinned now, and rolls it out. Nothing is rolled out where the images come out the same. */
  rebuild(scope: Scope, actor: Actor): Promise<StartedOperation>;
  /** Lays other overrides over what is live: a release with the same images. Throws `release.not-found` where nothing is live, and what `changeScales` throws. */
  scale(request: Scope & ScaleChange, actor: Actor): Promise<StartedOperation>;
  /**
   * Lays what was changed by hand over what is live, as a release of its own. Throws `release.not-found` where nothing is live, `not-found`
   * where nothing was changed since, `input.invalid` where berth.yaml has no words for any of it.
   */
  adopt(request: Scope & AdoptRequest, actor: Actor): Promise<StartedOperation>;
  /** Variables that are stored beside the source. */
  config: ConfigDesk;
  /** Runs a command beside what is live. Throws `release.not-found` where nothing is, `not-found` for a service that it has not. */
  run(request: RunRequest, actor: Actor): Promise<StartedOperation>;
  /**
   * The same with a terminal, or pipes, of whoever asks: its operation ends with the session, which is hung up on where the operation is ended. Throws what `run`
   * throws, and why it could not be started.
   */
  attachRun(request: AttachRequest, actor: Actor): Promise<AttachedRun>;
  /** What the command of such an operation prints, from its beginning to its end. Throws `not-found` once it is not kept any more. */
  output(operation: string, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Ends an operation that is under way, with what it runs. What it has made live stays. Throws `operation.not-found`, `conflict` where it has ended. */
  cancel(operation: string, actor: Actor): Promise<void>;
  /** Brings what is live up on another cluster, flips, and takes it down where it was. Throws `release.not-found` where nothing is live, and what `Clusters.find` throws. */
  move(request: Scope & { cluster: string }, actor: Actor): Promise<StartedOperation>;
  /** Makes a link by which a protected environment is seen. Throws `environment.not-found`, `conflict` where it is open to everyone. */
  share(request: Scope & { forMs: number }, actor: Actor): Promise<SharedLink>;
  /** Takes all such links back. Resolves when none lets anybody in; throws what `share` throws. */
  revokeShares(scope: Scope, actor: Actor): Promise<void>;
  /** Stops what runs, deletes the ref of its branch, then removes the environment with its releases. */
  removeEnvironment(scope: Scope, actor: Actor): Promise<StartedOperation>;
  /** Removes all environments, then the app. */
  removeApp(app: string, actor: Actor): Promise<void>;
  /** What runs where, for status. */
  status(scope: Scope): Promise<EnvironmentStatus>;
  /**
   * Runs a program beside an instance, and keeps in the audit who did. A sleeping service is woken. Throws `environment.not-found`, `not-found`,
   * `instance.not-found`, `instance.not-running`.
   */
  exec(request: ExecRequest, actor: Actor): Promise<StartedExec>;
  /**
   * Starts services that sleep, as a request would. Throws `environment.not-found`, `release.not-found` where nothing is live, `not-found`
   * for a service that it has not, `input.invalid` for one that never sleeps.
   */
  wakeServices(request: WakeRequest, actor: Actor): Promise<readonly StartedWake[]>;
  /** The starts of services that slept: those under way, and of what is up since the last one. The store has those that have ended. */
  wakes(scope: Scope): readonly Wake[];
  /** The services with a schedule of what is live. Throws `environment.not-found`. */
  crons(scope: Scope): Promise<readonly CronStatus[]>;
  /** Runs such a service now, beside its schedule, as `run` does. Throws `release.not-found` where nothing is live, `not-found` for a service without a schedule. */
  runCron(request: Scope & { service: string }, actor: Actor): Promise<StartedOperation>;
  /** Ends what runs of a service with a schedule: those runs, none where nothing did. Throws `environment.not-found`, and where nothing runs `release.not-found`, `not-found`. */
  cancelCron(request: Scope & { service: string }, actor: Actor): Promise<readonly CronRun[]>;
  /** Has its schedule start nothing from now on, or all that is due from now on. Throws as `runCron`. */
  pauseCron(request: Scope & { service: string; isPaused: boolean }, actor: Actor): Promise<CronStatus>;
  /** What was changed by hand since the server's start and has been put back, newest first; null where the runtime has nothing that a hand could change. */
  drift(scope: Scope): readonly Drift[] | null;
  /** What runs and no release of this store has made, in all environments, also of apps that are not there. Nothing is done with it. */
  unknown(): Promise<readonly UnknownWorkload[]>;
  /** Removes those of these ids. Throws `not-found`, before any is removed, where one is not such. */
  removeUnknown(ids: readonly string[], actor: Actor): Promise<readonly UnknownWorkload[]>;
}

export interface SharedLink {
  url: string;
  /** For programs, in the header `Berth-Share`. */
  token: string;
  expiresAt: number;
}

/** Something in the repository of an app: a commit, or the tree of a folder as it was. */
export type SourceId = { commit: string } | { tree: string };

export interface DiffRequest extends Scope {
  /** Null: what is live. */
  from: number | null;
  /** `promoted`: what a promotion from this environment would make, of what is live there or of a version. */
  to: { version: number } | { promoted: string; version: number | null } | SourceId;
}

/** Where it comes to is the scope. */
export interface PromoteRequest extends Scope {
  /** The environment that it comes from. */
  from: string;
  /** Null: what is live there. */
  version: number | null;
}

export interface DryRunRequest extends Scope {
  source: SourceId;
}

export interface RollbackRequest extends Scope {
  /** Null: the one before the live one. */
  version: number | null;
  /** Go back though it is not safe. */
  force?: boolean;
  /** False: leave what release commands did since as it is. */
  undo?: boolean;
}

export interface RollbackCheck extends RollbackVerdict {
  /** The last drill of that release; null: it was never drilled, or too long ago. */
  drill: DrillSummary | null;
}

export interface WakeRequest extends Scope {
  /** Null: all that may sleep. */
  service: string | null;
}

export interface StartedWake {
  /** As it was a moment after it began, or was found under way. */
  wake: Wake;
  done: Promise<Wake>;
}

export interface UnknownWorkload extends Scope {
  service: string;
  /** Its id. */
  workload: string;
  /** How many instances the runtime was last asked for. */
  replicas: number;
}

export interface AdoptRequest {
  /** Such as `Deployment web-1f0c3aa21f0c`, or its name alone; none: all that were changed. */
  objects: readonly string[];
  /** Forget what was adopted before, and adopt nothing. */
  reset: boolean;
}

export interface RunRequest extends Scope {
  /** As an instance of which service; null: of the one that the release command names, or that takes requests, or the first. */
  service: string | null;
  argv: readonly string[];
  /** On which release; null: on the one that is live. */
  version: number | null;
}

export interface AttachRequest extends RunRequest, ExecOptions {}

export interface AttachedRun {
  session: ExecSession;
  /** The operation. */
  operation: string;
  service: string;
  version: number;
}

export interface ExecRequest extends Scope, ExecOptions {
  /** Null: that of the instance, or else the first one with routes. */
  service: string | null;
  /** Its id, or the last part of it; null: any that is ready. */
  instance: string | null;
}

export interface StartedExec {
  session: ExecSession;
  service: string;
  instance: string;
  /** Of the release whose instance it is; null for one of an earlier release that is still there. */
  version: number | null;
}

export interface StartedOperation {
  operation: Operation;
  done: Promise<Operation>;
}

export interface DeployRequest extends Scope {
  origin: SourceOrigin;
  source: SourceTree;
  /** The ref that goes to the commit in the same step as `live`; null for a working tree. */
  ref: { branch: string; commit: string } | null;
  /** Called under the environment's lock before anything is built; throws where the push is stale. */
  check(): Promise<void>;
  /** Whether it brings along all that another one was to deploy, so that whoever asked for both needs the other no more. */
  includes(older: DeployRequest): Promise<boolean>;
}

export interface EnvironmentStatus extends Scope {
  url: string;
  live: number | null;
  desired: number | null;
  services: readonly ServiceStatus[];
}

/** What is wrong with a service whatever its instances say, and what to do about it. */
export interface Fault {
  message: string;
  hint: string | null;
}

/** What a metric command has told of late. */
export interface MetricState {
  /** How much waited when it last said so, and when that was; null where it has not yet. */
  backlog: number | null;
  measuredAt: number | null;
  /** Why the number of instances stays as it is; null where it follows what waits. */
  failure: {
    /** When it failed first, and has since. */
    since: number;
    /** Of the last time, as a clause that begins with "it". */
    reason: string;
    /** The last line that it wrote then; null where it wrote none. */
    printed: string | null;
  } | null;
}

export interface ServiceStatus {
  name: string;
  workload: string;
  version: number;
  routes: readonly string[];
  replicas: number;
  /** Why the runtime cannot run it as it should; null where it can. */
  fault: Fault | null;
  /** What starts after sleep took lately; null where there were none. */
  wakes: WakeSummary | null;
  /** Who alone keeps it from falling asleep, though nobody seems to use it; mostly nobody. */
  keptAwakeBy: readonly Requester[];
  /** Of what has a schedule, and no instances; null for all else. */
  cron: CronStatus | null;
  /** Of what a metric command scales; null for all else. */
  metric: (MetricState & MetricCommand) | null;
  instances: readonly {
    id: string;
    state: string;
    startedAt: number;
    restarts: number;
    lastExit: InstanceExit | null;
    memoryBytes: number | null;
    cpuMillis: number | null;
    node: string | null;
    reason: string | null;
    port: number | null;
  }[];
}

/** Moves refs of the app's repository so that they say what is live. Called again after a crash with what the store says. */
export interface RefMover {
  move(app: string, branch: string, commit: string | null): Promise<void>;
  /** Removes what is kept of an environment's working trees. */
  forget(app: string, environment: string): Promise<void>;
  /** Removes the app's repository. */
  remove(app: string): Promise<void>;
}
