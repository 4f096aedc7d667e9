import type { Operation } from "./operation.ts";
import type { Actor } from "./people.ts";
import type { Drift, Scope } from "./runtime.ts";
import type { ScaleChange } from "./scale.ts";
import type { SourceOrigin, SourceTree } from "./source.ts";

/** What git and the API ask the deployer for. Each returns as soon as the operation exists; `done` resolves when it has ended, with its final state, and never rejects. */
export interface Deployments {
  deploy(request: DeployRequest, actor: Actor): Promise<StartedOperation>;
  rollback(
    request: Scope & { /** Null: the one before the live one. */ version: number | null },
    actor: Actor,
  ): Promise<StartedOperation>;
  /** Builds the source of the live release again, on the bases that are pinned now, and rolls it out. Nothing is rolled out where the images come out the same. */
  rebuild(scope: Scope, actor: Actor): Promise<StartedOperation>;
  /** Lays other overrides over what is live: a release with the same images. Throws `release.not-found` where nothing is live, and what `changeScales` throws. */
  scale(request: Scope & ScaleChange, actor: Actor): Promise<StartedOperation>;
  /** Brings what is live up on another cluster, flips, and takes it down where it was. Throws `release.not-found` where nothing is live, and what `Clusters.find` throws. */
  move(request: Scope & { cluster: string }, actor: Actor): Promise<StartedOperation>;
  /** Stops what runs, deletes the ref of its branch, then removes the environment with its releases. */
  removeEnvironment(scope: Scope, actor: Actor): Promise<StartedOperation>;
  /** Removes all environments, then the app. */
  removeApp(app: string, actor: Actor): Promise<void>;
  /** What runs where, for status. */
  status(scope: Scope): Promise<EnvironmentStatus>;
  /** What was changed by hand since the server's start and has been put back, newest first; null where the runtime has nothing that a hand could change. */
  drift(scope: Scope): readonly Drift[] | null;
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

export interface ServiceStatus {
  name: string;
  workload: string;
  version: number;
  routes: readonly string[];
  replicas: number;
  /** Why the runtime cannot run it as it should; null where it can. */
  fault: Fault | null;
  instances: readonly {
    id: string;
    state: string;
    startedAt: number;
    restarts: number;
    memoryBytes: number | null;
    reason: string | null;
    port: number | null;
  }[];
}

/** Moves refs of the app's repository so that they say what is live. Called again after a crash with what the store says. */
export interface RefMover {
  move(app: string, branch: string, commit: string | null): Promise<void>;
  /** Removes the app's repository. */
  remove(app: string): Promise<void>;
}
