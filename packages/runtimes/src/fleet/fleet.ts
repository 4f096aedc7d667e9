import {
  type Autoscale,
  BerthError,
  type Drift,
  type EnvironmentQuota,
  type ExecOptions,
  type ExecSession,
  type IdentifiedTask,
  type IdentifiedWorkload,
  type LogLine,
  type LogOptions,
  type NamedObject,
  type Observation,
  type ObservedTask,
  type ObservedWorkload,
  type Runtime,
  type RuntimeDescriptor,
  type RuntimeNote,
  type Scale,
  type Scope,
} from "@berth/core";

export interface FleetDeps {
  /** The runtime of the settings. */
  main: Runtime;
  /** The registered cluster that an environment is on; null: the main runtime's. */
  clusterOf(scope: Scope): Promise<string | null>;
  /** Closes what has joined, and whatever keeps it connected. */
  closeMembers(): Promise<void>;
}

interface Member {
  runtime: Runtime;
  stopWatching(): void;
}

/**
 * One runtime made of several, one for each cluster. A workload names its cluster, so it is another workload on each; what is
 * observed of an environment is what runs of it anywhere, wherever it belongs. What an environment's own cluster has is either
 * known or an error, never nothing; a cluster that only others are on is left out while it is away.
 */
export class Fleet implements Runtime {
  readonly descriptor: RuntimeDescriptor;
  readonly #deps: FleetDeps;
  readonly #members = new Map<string, Member>();
  /** Why those that are not members are away. */
  readonly #away = new Map<string, BerthError>();
  /** By workload: the registered cluster that it was seen on, or was made on. */
  readonly #places = new Map<string, string>();
  readonly #watchers = new Set<(scope: Scope) => void>();
  readonly #stopWatchingMain: () => void;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    this.descriptor = deps.main.descriptor;
    this.#stopWatchingMain = deps.main.watch((scope) => this.#notify(scope));
  }

  /** From now on this runtime has what is on a registered cluster. All environments that it has something of are looked at. */
  async join(cluster: string, runtime: Runtime): Promise<void> {
    this.#members.set(cluster, { runtime, stopWatching: runtime.watch((scope) => this.#notify(scope)) });
    this.#away.delete(cluster);
    const { workloads } = await runtime.observe();
    for (const workload of workloads.values()) this.#notify(workload);
  }

  /** A registered cluster that has not joined is away, for this reason. */
  setAway(cluster: string, reason: BerthError): void {
    if (!this.#members.has(cluster)) this.#away.set(cluster, reason);
  }

  /** A cluster is registered no more: its runtime, which goes on, or null where it had not joined. */
  leave(cluster: string): Runtime | null {
    const member = this.#members.get(cluster);
    member?.stopWatching();
    this.#members.delete(cluster);
    this.#away.delete(cluster);
    for (const [id, place] of this.#places) if (place === cluster) this.#places.delete(id);
    return member?.runtime ?? null;
  }

  /** The runtime of a cluster. Throws `cluster.unreachable` where it is away, and `cluster.not-found`. */
  runtimeOf(cluster: string | null): Runtime {
    const runtime = cluster === null ? this.#deps.main : this.#members.get(cluster)?.runtime;
    if (runtime !== undefined) return runtime;
    throw (
      this.#away.get(cluster!) ??
      new BerthError("cluster.not-found", `There is no cluster named ${cluster}.`, {
        path: cluster!,
        hint: "`berth clusters list` shows those there are.",
      })
    );
  }

  async observe(scope?: Scope): Promise<Observation> {
    const home = scope === undefined ? null : await this.#deps.clusterOf(scope);
    // What is not known of its own cluster must not be taken for gone.
    this.runtimeOf(home);
    const all: [string | null, Runtime][] = [
      [null, this.#deps.main],
      ...[...this.#members].map(([name, { runtime }]) => [name, runtime] as [string, Runtime]),
    ];
    const observations = await Promise.all(
      all.map(async ([name, runtime]) => {
        try {
          return { name, observation: await runtime.observe(scope) };
        } catch (error) {
          if (name === home) throw error;
          return { name, observation: null };
        }
      }),
    );
    const workloads = new Map<string, ObservedWorkload>();
    const tasks = new Map<string, ObservedTask>();
    let at = Infinity;
    let outdated: string | null = null;
    let freshSince = 0;
    for (const { name, observation } of observations) {
      if (observation === null) continue;
      at = Math.min(at, observation.at);
      for (const [id, workload] of observation.workloads) {
        if (name !== null) this.#places.set(id, name);
        workloads.set(id, name === null ? workload : { ...workload, cluster: name });
      }
      for (const [id, task] of observation.tasks) {
        if (name !== null) this.#places.set(id, name);
        tasks.set(id, task);
      }
      // Of a cluster that has nothing of what was asked for it does not matter how well it is seen.
      if (name !== home && observation.workloads.size + observation.tasks.size === 0) continue;
      outdated ??= observation.outdated ?? null;
      freshSince = Math.max(freshSince, observation.freshSince ?? 0);
    }
    return { at, workloads, tasks, outdated, freshSince };
  }

  watch(dirty: (scope: Scope) => void): () => void {
    const watcher = (scope: Scope) => dirty(scope);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    await this.#placeOf(workload).ensure(workload);
  }

  async run(task: IdentifiedTask): Promise<void> {
    await this.#placeOf(task).run(task);
  }

  async exec(id: string, instance: string, options: ExecOptions): Promise<ExecSession> {
    return await this.#holderOf(id).exec(id, instance, options);
  }

  async showRelease(id: string, version: number): Promise<void> {
    await this.#holderOf(id).showRelease?.(id, version);
  }

  /** What is of no workload is told where the main runtime has the environment. */
  note(scope: Scope, note: RuntimeNote): void {
    if (note.workload === null) this.#deps.main.note?.(scope, note);
    else if (!this.#isAway(note.workload)) this.#holderOf(note.workload).note?.(scope, note);
  }

  async scale(id: string, replicas: number): Promise<void> {
    await this.#holderOf(id).scale(id, replicas);
  }

  async autoscale(id: string, to: Autoscale | null): Promise<void> {
    await this.#holderOf(id).autoscale?.(id, to);
  }

  async remove(id: string): Promise<void> {
    await this.#holderOf(id).remove(id);
    this.#places.delete(id);
  }

  endpoints(id: string): ReturnType<Runtime["endpoints"]> {
    return this.#isAway(id) ? [] : this.#holderOf(id).endpoints(id);
  }

  /** Where a workload's cluster is away: what was written down of it, which all runtimes keep in one place. */
  logs(id: string, options: LogOptions): AsyncIterable<LogLine> {
    return (this.#isAway(id) ? this.#deps.main : this.#holderOf(id)).logs(id, options);
  }

  objectsOf(workload: IdentifiedWorkload, scale: Scale): readonly NamedObject[] {
    return this.#deps.main.objectsOf?.(workload, scale) ?? [];
  }

  quota(cluster: string | null): EnvironmentQuota | null {
    return this.runtimeOf(cluster).quota?.(null) ?? null;
  }

  drift(scope: Scope): readonly Drift[] {
    return this.#all().flatMap((runtime) => runtime.drift?.(scope) ?? []);
  }

  async close(): Promise<void> {
    this.#stopWatchingMain();
    for (const { stopWatching } of this.#members.values()) stopWatching();
    await Promise.all([this.#deps.main.close(), this.#deps.closeMembers()]);
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#all().map((runtime) => runtime.shutdown()));
    await this.#deps.closeMembers();
  }

  #all(): Runtime[] {
    return [this.#deps.main, ...[...this.#members.values()].map(({ runtime }) => runtime)];
  }

  /** Where a workload or task is to be, by its own word. */
  #placeOf({ id, cluster }: Pick<IdentifiedWorkload, "id" | "cluster">): Runtime {
    const runtime = this.runtimeOf(cluster ?? null);
    if (cluster !== undefined) this.#places.set(id, cluster);
    return runtime;
  }

  /** The main runtime has what nobody has seen elsewhere. */
  #holderOf(id: string): Runtime {
    return this.runtimeOf(this.#places.get(id) ?? null);
  }

  #isAway(id: string): boolean {
    const place = this.#places.get(id);
    return place !== undefined && !this.#members.has(place);
  }

  #notify({ app, environment }: Scope): void {
    for (const watcher of this.#watchers) watcher({ app, environment });
  }
}

/** What is told of a registered cluster that has not answered since the server's start. */
export function awayError(cluster: string, why: BerthError): BerthError {
  return new BerthError("cluster.unreachable", `The cluster ${cluster} is away: ${why.message}`, {
    path: cluster,
    hint: `What runs there goes on, and is looked after when it is back. ${why.hint ?? ""}`.trim(),
    details: why.details,
    cause: why,
  });
}
