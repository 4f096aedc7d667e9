import type { App, Environment, EnvironmentKind } from "./app.ts";
import type { Artifact, Digest } from "./artifact.ts";
import type { CronMemory, CronRun, CronRunEnd } from "./cron.ts";
import type { RegisteredCluster } from "./cluster.ts";
import type { Drill } from "./drill.ts";
import type { ConfigEntry, ConfigName, GeneratedValue, SealedValue } from "./config/entry.ts";
import type { NewOperationEvent, Operation, OperationError, OperationEvent, OperationKind } from "./operation.ts";
import type { Actor, Role } from "./people.ts";
import type { Release, ReleaseKind, Snapshot } from "./release.ts";
import type { Scope } from "./runtime.ts";
import type { SourceOrigin } from "./source.ts";
import type { UsageBucket } from "./usage.ts";
import type { Wake } from "./wake.ts";

/**
 * The shared database. Every method is one transaction; what it acknowledged survives a crash of the process at any point,
 * and, save for timelines and what can be made again, the loss of power.
 * Methods that change something append to `audit` (who) and to `changes` (what loops follow) in that same transaction.
 * A thing that is not there is null from a `get`, and a BerthError (`app.not-found`, …) from a change.
 */
export interface Store {
  apps: AppStore;
  environments: EnvironmentStore;
  releases: ReleaseStore;
  artifacts: ArtifactStore;
  bases: BaseStore;
  clusters: ClusterStore;
  config: ConfigStore;
  operations: OperationStore;
  tokens: TokenStore;
  audit: AuditStore;
  changes: ChangeStore;
  workloads: WorkloadStore;
  wakes: WakeStore;
  crons: CronStore;
  drills: DrillStore;
  usage: UsageStore;
  installation: InstallationStore;
  close(): Promise<void>;
}

/** A page of a longer list; `after` is the last item's key of the page before. */
export interface Page<Key> {
  limit: number;
  after?: Key;
}

export interface AppStore {
  /** Throws `app.exists`, `app.invalid-name`. */
  create(app: { name: string; defaultBranch: string | null }, actor: Actor): Promise<App>;
  get(name: string): Promise<App | null>;
  /** By name. */
  list(page: Page<string>): Promise<App[]>;
  setDefaultBranch(name: string, branch: string, actor: Actor): Promise<void>;
  /** Removes the app with its environments, releases and operations. Artifacts stay until they are pruned. */
  delete(name: string, actor: Actor): Promise<void>;
}

export interface EnvironmentStore {
  get(app: string, name: string): Promise<Environment | null>;
  list(app: string): Promise<Environment[]>;
  /** All environments that serve or are rolling out something, of all apps. */
  listActive(): Promise<Environment[]>;
  /**
   * Makes it unless it is there; one without a branch takes the given one, and one that is to last does so from then on. Throws `conflict`
   * where the branch belongs to another environment of the app, and is not taken from it.
   */
  ensure(environment: WantedEnvironment, actor: Actor): Promise<Environment>;
  /** Those of all apps that go when nobody uses them. */
  listShortLived(): Promise<Environment[]>;
  /** What berth.yaml says of it by now. */
  setRules(app: string, name: string, rules: Pick<Environment, "ttlMs" | "isProtected">, actor: Actor): Promise<void>;
  /** It was used; an older use than the one that is known changes nothing. A crash may lose the newest few. Operations note their own. */
  used(uses: readonly (Scope & { at: number })[]): Promise<void>;
  /** It was used, and stays until then at least; null: as long as it is used. */
  keep(app: string, name: string, until: number | null, actor: Actor): Promise<Environment>;
  /** No link to it that was given out holds any more. */
  revokeShares(app: string, name: string, actor: Actor): Promise<Environment>;
  findByBranch(app: string, branch: string): Promise<Environment | null>;
  /** Git's ref has followed `live`. */
  clearPendingRef(app: string, name: string): Promise<void>;
  listPendingRefs(): Promise<Environment[]>;
  /** A stable loopback port for each listening service, drawn once by `draw` (which is handed those taken) and kept while the environment is. */
  ports(
    scope: Scope,
    services: readonly string[],
    draw: (taken: ReadonlySet<number>) => number,
  ): Promise<Record<string, number>>;
  allPorts(): Promise<{ app: string; environment: string; service: string; port: number }[]>;
  /** Removes it with its releases, and what is set or was drawn for it alone; its operations stay in the history. `detail` is kept in the audit. */
  delete(app: string, name: string, actor: Actor, detail?: string): Promise<void>;
}

export interface WantedEnvironment {
  app: string;
  name: string;
  kind: EnvironmentKind;
  branch: string | null;
  /** It takes the branch from whatever has it, and leaves its own. */
  takesBranch?: boolean;
  /** For a new one. */
  ttlMs?: number | null;
  isProtected?: boolean;
}

export interface NewRelease extends Scope {
  kind: ReleaseKind;
  carries: number | null;
  snapshot: Snapshot;
  /** Where it is to run, for a move: null is where the settings have apps run. Missing: where its environment is. */
  cluster?: string | null;
  origin: SourceOrigin;
  operation: string;
}

export interface ReleaseStore {
  /** Writes the next release as `pending` and points `desired` at it, in one transaction. Throws `conflict` unless the environment is still at `expectedRevision`, or where a value that it names is gone; `cluster.not-found`. */
  create(
    release: NewRelease,
    expectedRevision: number,
    actor: Actor,
  ): Promise<{ release: Release; environment: Environment }>;
  /**
   * Moves `live` to a pending release: it becomes `live`, the one before `superseded`, the pending ref is set, the environment is on its cluster: one transaction.
   * Its operation goes on until the router has followed. A null `ref` leaves a pending one to be followed.
   * Throws `conflict` unless the environment is still at `expectedRevision` and this release is the desired one.
   */
  promote(
    change: Scope & { version: number; ref: Environment["pendingRef"] },
    expectedRevision: number,
    actor: Actor,
  ): Promise<{ release: Release; environment: Environment }>;
  /** The pending release failed for this reason: `desired` goes back to `live`. Nothing happens where it is not pending any more. */
  fail(change: Scope & { version: number; reason: string }, actor: Actor): Promise<void>;
  get(scope: Scope, version: number): Promise<Release | null>;
  /** Newest first; `after` is a version. */
  list(scope: Scope, page: Page<number>): Promise<Release[]>;
  /** The images that releases of an app name, in any environment; each environment's newest first. */
  images(app: string): Promise<Digest[]>;
  /** Releases that were live last, newest first, without the live one. */
  superseded(scope: Scope, limit: number): Promise<Release[]>;
  /** Removes releases beyond the newest `keep` of the environment, never one that is live, pending or in `except`. Returns the versions removed. */
  prune(scope: Scope, keep: number, except: readonly number[]): Promise<number[]>;
}

export interface ArtifactStore {
  put(artifact: Artifact): Promise<void>;
  get(digest: Digest): Promise<Artifact | null>;
  findByKey(key: string): Promise<Artifact | null>;
  /** Artifacts that no release names and that are older than `before` (ms since the epoch). */
  listUnreferenced(before: number): Promise<Artifact[]>;
  /** Throws `conflict` where a release names it. */
  delete(digest: Digest): Promise<void>;
}

/** Which content a base image's name stands for in this installation, until someone updates it. */
export interface BasePin {
  /** Fully qualified, such as `docker.io/library/node:24-slim`. */
  image: string;
  digest: Digest;
  pinnedAt: number;
  pinnedBy: string;
}

export interface BaseStore {
  get(image: string): Promise<BasePin | null>;
  /** By name. */
  list(): Promise<BasePin[]>;
  /** Pins an image unless it is pinned; the pin that holds then. */
  pin(image: string, digest: Digest, actor: Actor): Promise<BasePin>;
  /** Moves a pin to another digest. */
  update(image: string, digest: Digest, actor: Actor): Promise<BasePin>;
  /** Forgets a pin: the next plan that names the image makes a new one. */
  delete(image: string, actor: Actor): Promise<void>;
}

export interface ClusterStore {
  /** Throws `cluster.exists`. */
  create(cluster: Pick<RegisteredCluster, "name" | "options" | "identity">, actor: Actor): Promise<RegisteredCluster>;
  get(name: string): Promise<RegisteredCluster | null>;
  /** By name. */
  list(): Promise<RegisteredCluster[]>;
  /** Throws `cluster.not-found`, and `cluster.in-use` where an environment is on it or on its way there. */
  delete(name: string, actor: Actor): Promise<void>;
}

/** What somebody sets, with its value. */
export interface NewConfigEntry extends ConfigName {
  value: SealedValue;
}

/**
 * What is set for the services of an app, and was drawn for its environments. Values are rows of their own: one goes when no setting and
 * no release names it any more.
 */
export interface ConfigStore {
  /** All settings of an app, by scope, service and key. */
  list(app: string): Promise<ConfigEntry[]>;
  /**
   * Sets and unsets, all or nothing; what was drawn for an environment of that name is forgotten with its setting. Returns what was there
   * of `unset`. Throws `app.not-found`.
   */
  change(
    app: string,
    change: { set: readonly NewConfigEntry[]; unset: readonly ConfigName[] },
    actor: Actor,
  ): Promise<ConfigName[]>;
  /** What was drawn for an environment. */
  generated(scope: Scope): Promise<GeneratedValue[]>;
  /** Keeps what was drawn, but where something was drawn before, that. Returns all there is then. Throws `environment.not-found`. */
  draw(
    scope: Scope,
    drawn: readonly { service: string | null; key: string; value: SealedValue }[],
  ): Promise<GeneratedValue[]>;
  /** Values of an app, in no order; those that are gone are left out. */
  values(app: string, ids: readonly string[]): Promise<SealedValue[]>;
  /** Which keys values are sealed with. */
  keyIds(): Promise<string[]>;
  /** Some values that are sealed with another key than this one. */
  listSealedOtherwise(keyId: string, limit: number): Promise<SealedValue[]>;
  /** Writes values that say the same as before, sealed otherwise. Those that are gone, or are not sealed with `from` any more, are left out. */
  reseal(values: readonly (SealedValue & { from: string })[]): Promise<void>;
}

export interface OperationStore {
  start(operation: Scope & { kind: OperationKind }, actor: Actor): Promise<Operation>;
  /** Appends events with the next sequence numbers and returns them. Written with the next transaction that must last; a crash may lose the newest few. */
  append(id: string, events: readonly NewOperationEvent[]): Promise<OperationEvent[]>;
  /** Ends an operation; nothing happens where it has ended already. */
  finish(id: string, result: { ok: true; url: string | null } | { ok: false; error: OperationError }): Promise<void>;
  get(id: string): Promise<Operation | null>;
  /** Newest first; `after` is an operation's id. */
  list(filter: { app?: string; environment?: string }, page: Page<string>): Promise<Operation[]>;
  events(id: string, afterSeq: number): Promise<OperationEvent[]>;
  /** Calls back for each event appended and when the operation ends (soon, where it has ended already), in this process. Returns how to stop. */
  follow(id: string, listener: (event: OperationEvent | "ended") => void): () => void;
  /** Those that a crash interrupted. */
  listRunning(): Promise<Operation[]>;
  /** Removes the timelines of ended operations older than `before`. */
  prune(before: number): Promise<number>;
}

export interface Token {
  id: string;
  person: string;
  role: Role;
  /** What it is for, such as `this machine`. */
  note: string;
  createdAt: number;
  lastUsedAt: number | null;
}

/** A token as it is found again; the hash stays between the store and whoever checks tokens. */
export interface StoredToken extends Token {
  hash: string;
}

export interface TokenStore {
  /** `hash` is the SHA-256 of the token, hex. The token itself is never stored. */
  create(token: { person: string; role: Role; note: string; hash: string }, actor: Actor): Promise<Token>;
  /** With its hash, so that the caller compares it in constant time. */
  findByHash(hash: string): Promise<StoredToken | null>;
  /** Noted at most once a minute and never waited for by a request. */
  touch(id: string): Promise<void>;
  list(): Promise<Token[]>;
  delete(id: string, actor: Actor): Promise<void>;
}

export interface AuditEntry {
  seq: number;
  at: number;
  person: string;
  /** Such as `app.create`, `release.promote`. */
  action: string;
  app: string | null;
  environment: string | null;
  detail: string;
}

export interface AuditStore {
  append(entry: Omit<AuditEntry, "seq" | "at">): Promise<void>;
  /** Newest first; `after` is a sequence number. */
  list(filter: { app?: string }, page: Page<number>): Promise<AuditEntry[]>;
}

export interface Change {
  seq: number;
  at: number;
  kind: "app" | "environment" | "release" | "operation" | "token" | "base" | "cluster" | "config" | "cron";
  app: string | null;
  environment: string | null;
}

export interface ChangeStore {
  since(seq: number, limit: number): Promise<Change[]>;
  latest(): Promise<number>;
  /** Calls back after each commit of this process that changed something. Returns how to stop. */
  follow(listener: (change: Change) => void): () => void;
}

/** Which workloads have run in an environment, as long as the runtime may have them. They go with the environment. */
export interface WorkloadStore {
  list(scope: Scope): Promise<string[]>;
  /** Does nothing where the environment is gone. */
  record(scope: Scope, ids: readonly string[]): Promise<void>;
  forget(scope: Scope, id: string): Promise<void>;
}

/** What starts of services that slept took. They go with the environment. */
export interface WakeStore {
  /** Keeps one that has ended, and of its service the newest `keptWakes`. Does nothing where the environment is gone. A crash may lose the newest few. */
  add(wake: Wake): Promise<void>;
  get(scope: Scope, id: string): Promise<Wake | null>;
  /** Newest first; `after` is a wake's id. */
  list(of: Scope & { service: string }, page: Page<string>): Promise<Wake[]>;
}

/** What services with a schedule have run. It goes with the environment. */
export interface CronStore {
  /** What is remembered of those of an environment. */
  memories(scope: Scope): Promise<CronMemory[]>;
  /**
   * All times of a schedule up to `checkedAt` are dealt with, by these runs: one transaction, before anything is started. What is
   * there already is left as it is, and nothing is written where the environment is gone. The ids of those that are new.
   */
  check(
    of: Scope & Pick<CronMemory, "service" | "schedule" | "checkedAt">,
    runs: readonly CronRun[],
  ): Promise<string[]>;
  /** These services have no schedule any more: whatever is due until they have one again is none of theirs. */
  forget(scope: Scope, services: readonly string[]): Promise<void>;
  /** Keeps a run that somebody has asked for. */
  add(run: CronRun): Promise<void>;
  /** Ends a run; nothing happens where it is not `running`. Of its service the newest `keptCronRuns` are kept. */
  end(run: Scope & Pick<CronRun, "id">, end: CronRunEnd): Promise<void>;
  get(scope: Scope, id: string): Promise<CronRun | null>;
  /** Those that have not ended, of one environment, or of all. */
  running(scope?: Scope): Promise<CronRun[]>;
  /** Newest first; `after` is a run's id. */
  list(of: Scope & { service: string }, page: Page<string>): Promise<CronRun[]>;
  /** From now on nothing is started, or everything that is due from now on. Nothing happens where it is so already. */
  setPaused(of: Scope & Pick<CronMemory, "service" | "schedule">, isPaused: boolean, actor: Actor): Promise<void>;
}

/** How releases did when they were run beside what was live. It goes with the environment. */
export interface DrillStore {
  /** Keeps one that is over, and of its environment the newest `keptDrills`. Does nothing where the environment is gone. */
  add(drill: Drill, actor: Actor): Promise<void>;
  /** The one of this operation. */
  get(scope: Scope, operation: string): Promise<Drill | null>;
  /** The last one of the content of this deploy. */
  latest(scope: Scope, version: number): Promise<Drill | null>;
}

/** What services took of late, for charts. It goes with the environment. */
export interface UsageStore {
  /**
   * Keeps buckets; what there is of the same bucket is added to. None are kept beyond `keptUsageMs`, and those of an environment that is gone
   * are left out. A crash may lose the newest.
   */
  add(buckets: readonly UsageBucket[]): Promise<void>;
  /** Those that began at `since` (ms since the epoch) or later, by service, oldest first; of one service, or all. */
  list(of: Scope & { service?: string }, since: number): Promise<UsageBucket[]>;
}

export interface InstallationStore {
  /** A value kept for this installation (keys in hex, marks of what has been done); drawn by `make` the first time. */
  getOrMake(name: string, make: () => string): Promise<string>;
  get(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
}
