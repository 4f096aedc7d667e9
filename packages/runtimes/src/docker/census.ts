import type { Workloads } from "../instances/workloads.ts";
import type { Containers } from "./containers.ts";
import type { DockerInstance } from "./docker-instance.ts";
import type { PreparedContainers } from "./prepared/prepared-containers.ts";
import type { PreparedContainer } from "./prepared/prepared-container.ts";
import { removeContainer } from "./remove-container.ts";
import { lookAt, survey } from "./survey.ts";
import type { FoundInstance, SurveyDeps } from "./survey.ts";

export interface CensusDeps extends SurveyDeps {
  workloads: Workloads<DockerInstance>;
  containers: Containers;
  prepared: PreparedContainers;
  find(container: string): DockerInstance | undefined;
  observe(instance: DockerInstance): void;
}

/** Compares what is known with what is on the engine, and takes what is there for true. */
export class Census {
  readonly #deps: CensusDeps;
  /** Containers of instances that were found and not known, the last time. */
  #unknown: ReadonlySet<string> = new Set();

  constructor(deps: CensusDeps) {
    this.#deps = deps;
  }

  /** With a new connection: all that is there. */
  take(): Promise<void> {
    return this.#takeAll((unknown) => unknown);
  }

  /** From time to time, for what no event has told. What is found that is not known may just be going: it is taken where it is there the next time, too. */
  repeat(): Promise<void> {
    const before = this.#unknown;
    return this.#takeAll((unknown) => unknown.filter(({ instance }) => before.has(instance.container)));
  }

  /** One container, of which an event has told. */
  async lookAgain(container: string): Promise<void> {
    const found = await lookAt(this.#deps, container).catch(() => null);
    if (found) this.#compare(found.instance);
  }

  /** A container that was prepared, and that somebody else has started: an instance like any other from now on. */
  async takeStarted(container: string): Promise<void> {
    const found = await lookAt(this.#deps, container).catch(() => null);
    if (found === null || this.#deps.find(container)) return;
    this.#adoptWorkloads([found]);
    this.#take(found.instance);
  }

  /** What has come and gone while all was looked at is left as it is known. */
  async #takeAll(choose: (unknown: readonly FoundInstance[]) => readonly FoundInstance[]): Promise<void> {
    const { workloads, containers, prepared, state, find } = this.#deps;
    const before = workloads.allInstances().map(({ container }) => container);
    const recorded = state.containers();
    const starting = new Set(containers.beingStarted());
    const preparedBefore = prepared.containers();
    const { instances: found, prepared: preparedNow } = await survey(this.#deps);
    const present = new Set(found.map(({ instance }) => instance.container));
    const unknown = found.filter(({ instance }) => !find(instance.container));
    const taken = choose(unknown);
    this.#unknown = new Set(unknown.map(({ instance }) => instance.container));
    for (const container of recorded) if (!present.has(container)) state.forgetContainer(container);
    for (const container of before) {
      const id = find(container)?.id ?? "";
      const isStarting = starting.has(id) || containers.beingStarted().has(id);
      if (!present.has(container) && !isStarting) containers.gone(container);
    }
    this.#adoptWorkloads(taken);
    for (const { instance } of taken) this.#take(instance);
    for (const { instance } of found) this.#compare(instance);
    this.#takePrepared(preparedNow, preparedBefore);
    for (const supervisor of workloads.supervisors.values()) void supervisor.settle();
  }

  /** Workloads that an earlier server was told of, as their containers remember them. What was started without a server goes on. */
  #adoptWorkloads(found: readonly FoundInstance[]): void {
    const { workloads, state } = this.#deps;
    for (const [id, all] of Map.groupBy(found, ({ labelled }) => labelled.workload.id)) {
      const kept = state.get().replicas[id];
      const isWoken = kept === 0 && all.some((one) => one.wasPrepared && one.instance.state === "running");
      if (isWoken) state.setReplicas(id, 1);
      const workload = all[0]?.labelled.workload;
      const supervisor = workloads.supervisors.get(id);
      if (supervisor && isWoken) supervisor.replicas = 1;
      else if (workload && !supervisor) workloads.adopt(workload, isWoken ? 1 : (kept ?? all.length));
    }
  }

  /** `before`: those that were known when all was looked at. What was started or removed since then is none any more. */
  #takePrepared(now: readonly PreparedContainer[], before: ReadonlySet<string>): void {
    const { engine, workloads, containers, prepared, state, find } = this.#deps;
    const present = new Set(now.map(({ container }) => container));
    for (const container of before) if (!present.has(container)) prepared.forget(container);
    for (const one of now) {
      const { workload, instance, container } = one;
      if (before.has(container) || find(container) || containers.beingStarted().has(instance)) continue;
      if (!prepared.adopt(one)) void removeContainer(engine, container).catch(() => {});
      if (!workloads.supervisors.has(workload.id)) workloads.adopt(workload, state.get().replicas[workload.id] ?? 0);
    }
    prepared.lookSoon();
  }

  #take(instance: DockerInstance): void {
    this.#deps.observe(instance);
    this.#deps.containers.adopt(instance);
  }

  /** What the engine tells of an instance, beside what is known of it. */
  #compare(instance: DockerInstance): void {
    const known = this.#deps.find(instance.container);
    if (!known) return;
    if (instance.pid === null) return void this.#deps.containers.end(instance.container);
    // Started again by somebody, since it was known to be started or to have ended.
    const knownAt = Math.max(known.startedAt, known.state === "exited" ? (known.lastExit?.at ?? 0) : 0);
    if (instance.startedAt <= knownAt || known.state === "stopping") return;
    this.#take({ ...instance, readyAt: null, host: null, lastExit: known.lastExit });
  }
}
