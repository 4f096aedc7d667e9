import { BerthError, isTask } from "@berth/core";
import type {
  Digest,
  Endpoint,
  IdentifiedWorkload,
  Observation,
  ObservedTask,
  ObservedWorkload,
  Scope,
} from "@berth/core";
import type { KnownInstance } from "./known-instance.ts";
import { makeObserved } from "./observed.ts";
import { makeObservedTask } from "./observed-task.ts";
import { Supervisor } from "./supervisor.ts";
import type { SupervisorDeps } from "./supervisor.ts";

/** What a driver knows: its workloads with their supervisors, and instances of workloads that nobody has told this server of. */
export class Workloads<I extends KnownInstance> {
  readonly supervisors = new Map<string, Supervisor<I>>();
  readonly strangers = new Map<string, I>();
  readonly #runtime: string;
  readonly #deps: Omit<SupervisorDeps<I>, "onChange">;
  readonly #watchers = new Set<(scope: Scope) => void>();

  constructor(runtime: string, deps: Omit<SupervisorDeps<I>, "onChange">) {
    this.#runtime = runtime;
    this.#deps = deps;
  }

  /** The workload's supervisor; throws `workload.not-found`. */
  get(id: string): Supervisor<I> {
    const supervisor = this.supervisors.get(id);
    if (!supervisor) throw this.unknown(id);
    return supervisor;
  }

  /** Makes a workload known, and its instances no strangers any more. */
  adopt(workload: IdentifiedWorkload, replicas: number): Supervisor<I> {
    const supervisor = new Supervisor<I>(workload, { ...this.#deps, onChange: () => this.notify(workload) });
    supervisor.replicas = replicas;
    this.supervisors.set(workload.id, supervisor);
    for (const instance of this.strangers.values()) {
      if (instance.workload !== workload.id) continue;
      this.strangers.delete(instance.id);
      supervisor.observe(instance);
    }
    return supervisor;
  }

  /** Forgets a workload and ends its loop. */
  drop(id: string): void {
    const supervisor = this.supervisors.get(id);
    if (!supervisor) return;
    supervisor.close();
    this.supervisors.delete(id);
    this.notify(supervisor.workload);
  }

  instancesOf(id: string): I[] {
    const strangers = [...this.strangers.values()].filter((instance) => instance.workload === id);
    return [...(this.supervisors.get(id)?.instances.values() ?? []), ...strangers];
  }

  allInstances(): I[] {
    const known = [...this.supervisors.values()].flatMap(({ instances }) => [...instances.values()]);
    return [...known, ...this.strangers.values()];
  }

  /** Whether instances of an environment are there or wanted. */
  isUsed(scope: Scope): boolean {
    const isWanted = [...this.supervisors.values()].some(
      ({ workload, replicas }) => replicas > 0 && isIn(scope, workload),
    );
    return isWanted || this.allInstances().some((instance) => isIn(scope, instance));
  }

  /** Of all workloads that are known. */
  images(): Set<Digest> {
    return new Set([...this.supervisors.values()].map(({ workload }) => workload.image));
  }

  observeAll(scope?: Scope): Pick<Observation, "workloads" | "tasks"> {
    return { workloads: this.observe(scope), tasks: this.observeTasks(scope) };
  }

  observe(scope?: Scope): Map<string, ObservedWorkload> {
    const workloads = new Map<string, ObservedWorkload>();
    for (const supervisor of this.supervisors.values()) {
      const { workload, replicas } = supervisor;
      if ((scope && !isIn(scope, workload)) || isTask(workload)) continue;
      const instances = [...supervisor.instances.values()].map((instance) =>
        makeObserved(instance, workload.health !== null, supervisor.foundOf(instance.id), supervisor.marksOf(instance)),
      );
      const { id, app, environment, service } = workload;
      const place = { id, app, environment, service };
      const { askedAt } = supervisor;
      workloads.set(id, { ...place, replicas, instances, refusal: null, isWhole: true, askedAt });
    }
    for (const instance of this.strangers.values()) {
      if (scope && !isIn(scope, instance)) continue;
      const { workload: id, app, environment, service } = instance;
      const others = workloads.get(id)?.instances ?? [];
      const instances = [...others, makeObserved(instance, false)];
      workloads.set(id, { id, app, environment, service, replicas: 0, instances, refusal: null, isWhole: true });
    }
    return workloads;
  }

  /** The tasks that are known; the others of an earlier server are once they are adopted. */
  observeTasks(scope?: Scope): Map<string, ObservedTask> {
    const tasks = [...this.supervisors.values()].flatMap(({ workload, instances, hasBegun }) =>
      isTask(workload) && (!scope || isIn(scope, workload))
        ? [makeObservedTask(workload, [...instances.values()][0] ?? null, hasBegun)]
        : [],
    );
    return new Map(tasks.map((task) => [task.id, task]));
  }

  endpoints(id: string): readonly { instance: string; endpoint: Endpoint }[] {
    const supervisor = this.supervisors.get(id);
    if (!supervisor || supervisor.workload.health === null) return [];
    return [...supervisor.instances.values()].flatMap(({ id: instance, host, port, state, readyAt }) =>
      state === "running" && readyAt !== null && host !== null ? [{ instance, endpoint: { host, port } }] : [],
    );
  }

  watch(dirty: (scope: Scope) => void): () => void {
    const watcher = (scope: Scope) => dirty(scope);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  notify({ app, environment }: Scope): void {
    for (const watcher of this.#watchers) watcher({ app, environment });
  }

  /** Ends all loops; the instances go on. */
  close(): void {
    for (const supervisor of this.supervisors.values()) supervisor.close();
  }

  unknown(id: string): BerthError {
    return new BerthError("workload.not-found", `The workload ${id} is not known to the ${this.#runtime} runtime.`, {
      path: id,
      hint: "Ensure it first; a deploy does so by itself.",
    });
  }
}

function isIn(scope: Scope, place: Scope): boolean {
  return place.app === scope.app && place.environment === scope.environment;
}
