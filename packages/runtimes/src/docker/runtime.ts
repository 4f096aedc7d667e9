import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { serviceDefaults, toBerthError } from "@berth/core";
import type {
  Clock,
  Digest,
  IdentifiedWorkload,
  Log,
  LogLine,
  LogOptions,
  NeighbourGateway,
  Observation,
  Platform,
  Random,
  Runtime,
  RuntimeDescriptor,
  Scope,
} from "@berth/core";
import { refusalOf } from "@berth/docker";
import type { ContainerInspectInfo, Engine, EngineEvent, LoadableImage } from "@berth/docker";
import { Workloads } from "../instances/workloads.ts";
import { findLogFolders, pruneLogs, removeLogs } from "../logs/log-folders.ts";
import { logFolder } from "../logs/log-folder.ts";
import { readLogs } from "../logs/read-logs.ts";
import { Containers } from "./containers.ts";
import { makeDockerInstance } from "./docker-instance.ts";
import type { DockerInstance } from "./docker-instance.ts";
import { EngineImages } from "./engine-images.ts";
import { EngineLink } from "./engine-link.ts";
import type { LabelledInstance } from "./instance-labels.ts";
import { measureMemory } from "./memory.ts";
import { label } from "./names.ts";
import { Networks } from "./networks.ts";
import { findReach } from "./reach.ts";
import type { Reach } from "./reach.ts";
import { StateFile } from "./state-file.ts";
import { defaultSubnets, parseSubnets } from "./subnets.ts";

export interface DockerRuntimeDeps {
  /** BERTH_HOME, an absolute path. */
  home: string;
  engine: Engine;
  /** Names this installation: what it makes on the engine is told from that of others by it. Never changes. */
  installation: string;
  /** Opens an image of the store, to be given to the engine. Throws `image.not-found`. */
  open(digest: Digest): Promise<LoadableImage>;
  /** The ranges that networks of environments are taken from, such as `10.201.0.0/16`. */
  subnets?: string;
  clock: Clock;
  random: Random;
  log: Log;
  workerReadyAfterMs?: number;
  /** How long the network of an environment stays after its last instance. Default 10 s. */
  networkLingerMs?: number;
  /** How long an image stays on the engine that nothing runs. Default 1 h. */
  imageGraceMs?: number;
  /** How often images are looked at, and memory is measured. Default 10 min and 10 s. */
  sweepEveryMs?: number;
  measureEveryMs?: number;
  /** How instances are reached; found out where it is not said. */
  reach?: Reach;
}

export interface DockerRuntime extends Runtime {
  /**
   * Tells of the addresses at which instances reach their neighbours, those of now at once, and whenever they change. An instance
   * starts when the follower is done with the change. Gives how to stop.
   */
  followGateways(follower: (gateways: readonly NeighbourGateway[]) => Promise<void>): Promise<() => void>;
}

const looksAtOnce = 8;

/** Starts the runtime that runs workloads as containers of a Docker engine. Throws `engine.unreachable`, `settings.invalid`. */
export async function startDockerRuntime(deps: DockerRuntimeDeps): Promise<DockerRuntime> {
  await mkdir(deps.home, { recursive: true, mode: 0o700 });
  const reach = deps.reach ?? (await findReach(deps.engine));
  if (reach === "published") {
    deps.log.warn(
      {},
      "The networks of the Docker engine are not this machine's: services cannot reach each other through Berth",
    );
  }
  const driver = new DockerDriver(deps, reach);
  await driver.open();
  return driver;
}

class DockerDriver implements DockerRuntime {
  readonly descriptor: RuntimeDescriptor;
  readonly #deps: DockerRuntimeDeps;
  readonly #engine: Engine;
  readonly #workloads: Workloads<DockerInstance>;
  readonly #containers: Containers;
  readonly #networks: Networks;
  readonly #images: EngineImages;
  readonly #state: StateFile;
  readonly #link: EngineLink;
  readonly #stopped = new AbortController();

  constructor(deps: DockerRuntimeDeps, reach: Reach) {
    const { engine, installation, clock, random, log, home } = deps;
    this.#deps = deps;
    this.#engine = engine;
    this.descriptor = {
      name: "docker",
      sharesNetwork: false,
      platform: platformOf(engine),
      needsBase: true,
      neighbours: reach === "address" ? "service-name" : "none",
    };
    this.#state = new StateFile(join(home, "docker", "state.json"), log);
    this.#networks = new Networks({
      engine,
      installation,
      ranges: parseSubnets(deps.subnets ?? defaultSubnets),
      clock,
      log,
      lingerMs: deps.networkLingerMs ?? 10_000,
      isUsed: (scope) => this.#isUsed(scope),
    });
    const graceMs = deps.imageGraceMs ?? 3_600_000;
    this.#images = new EngineImages({ engine, installation, clock, log, open: (digest) => deps.open(digest), graceMs });
    this.#containers = new Containers({
      engine,
      installation,
      home,
      reach,
      images: this.#images,
      networks: this.#networks,
      state: this.#state,
      clock,
      log,
      find: (container) => this.#find(container),
      observe: (instance) => this.#observe(instance),
      lose: (instance) => this.#lose(instance),
    });
    const { workerReadyAfterMs = serviceDefaults.workerReadyAfterMs } = deps;
    this.#workloads = new Workloads("docker", { host: this.#containers, clock, random, log, workerReadyAfterMs });
    this.#link = new EngineLink({
      engine,
      installation,
      clock,
      log,
      onConnect: () => this.#resync(),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  async open(): Promise<void> {
    await this.#link.open();
    void this.#every(this.#deps.measureEveryMs ?? 10_000, () => this.#measure());
    void this.#every(this.#deps.sweepEveryMs ?? 600_000, () => this.#images.sweep(this.#neededImages()));
  }

  async observe(scope?: Scope): Promise<Observation> {
    await this.#link.ready();
    return { at: this.#deps.clock.now(), workloads: this.#workloads.observe(scope) };
  }

  watch(dirty: (scope: Scope) => void): () => void {
    return this.#workloads.watch(dirty);
  }

  followGateways(follower: (gateways: readonly NeighbourGateway[]) => Promise<void>): Promise<() => void> {
    return this.#networks.follow(follower);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    await this.#link.ready();
    const folder = logFolder(this.#deps.home, workload);
    await Promise.all([this.#images.ready(workload), mkdir(folder, { recursive: true, mode: 0o700 })]);
    if (!this.#workloads.supervisors.has(workload.id)) this.#workloads.adopt(workload, 0);
  }

  async scale(id: string, replicas: number): Promise<void> {
    const supervisor = this.#workloads.get(id);
    const hasChanged = supervisor.replicas !== replicas;
    supervisor.replicas = replicas;
    if (hasChanged) this.#state.setReplicas(id, replicas);
    await this.#link.ready();
    await supervisor.settle();
    if (supervisor.failure) throw supervisor.failure;
    if (!hasChanged) return;
    this.#workloads.notify(supervisor.workload);
    await pruneLogs(logFolder(this.#deps.home, supervisor.workload), new Set(supervisor.instances.keys()));
  }

  async remove(id: string): Promise<void> {
    await this.#link.ready();
    const supervisor = this.#workloads.supervisors.get(id);
    if (supervisor) supervisor.replicas = 0;
    this.#state.setReplicas(id, null);
    await supervisor?.settle();
    for (const instance of this.#workloads.instancesOf(id)) await this.#containers.stop(instance);
    while (this.#workloads.instancesOf(id).length > 0) {
      await this.#link.ready();
      await this.#deps.clock.sleep(5);
    }
    this.#workloads.drop(id);
    await removeLogs(this.#deps.home, id);
  }

  endpoints(id: string): ReturnType<Runtime["endpoints"]> {
    return this.#workloads.endpoints(id);
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
    const known = this.#workloads.supervisors.get(id)?.workload;
    const folder = known ? logFolder(this.#deps.home, known) : (await findLogFolders(this.#deps.home, id))[0];
    if (folder === undefined) throw this.#workloads.unknown(id);
    yield* readLogs(folder, options);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#workloads.close();
    this.#networks.close();
    await this.#link.close();
    await this.#containers.close();
  }

  async shutdown(): Promise<void> {
    await this.close();
    const containers = await this.#list();
    await Promise.all(containers.map(({ Id }) => this.#end(Id)));
    await this.#networks.removeAll();
    this.#state.remove();
  }

  /** Takes what the engine has as what there is. */
  async #resync(): Promise<void> {
    const listed = await this.#list();
    const found: { instance: DockerInstance; labelled: LabelledInstance }[] = [];
    for (let start = 0; start < listed.length; start += looksAtOnce) {
      const looks = await Promise.all(listed.slice(start, start + looksAtOnce).map(({ Id }) => this.#look(Id)));
      found.push(...looks.flatMap((look) => look ?? []));
    }
    const current = await this.#newest(found);
    const present = new Set(current.map(({ instance }) => instance.container));
    this.#state.keepContainers((container) => present.has(container));
    for (const instance of this.#workloads.allInstances()) {
      if (!present.has(instance.container)) this.#containers.gone(instance.container);
    }
    this.#adoptWorkloads(current);
    for (const { instance } of current) this.#take(instance);
    await this.#networks.resync();
    for (const supervisor of this.#workloads.supervisors.values()) void supervisor.settle();
  }

  /** Workloads that an earlier server was told of, as their containers remember them. */
  #adoptWorkloads(found: readonly { labelled: LabelledInstance }[]): void {
    const { replicas } = this.#state.get();
    for (const [id, all] of Map.groupBy(found, ({ labelled }) => labelled.workload.id)) {
      const workload = all[0]?.labelled.workload;
      if (workload && !this.#workloads.supervisors.has(id)) this.#workloads.adopt(workload, replicas[id] ?? all.length);
    }
  }

  /** What the engine tells of a container, beside what is known of it. */
  #take(instance: DockerInstance): void {
    const known = this.#find(instance.container);
    if (!known) {
      this.#observe(instance);
      return this.#containers.adopt(instance);
    }
    const runs = instance.state !== "exited";
    if (!runs) return void this.#containers.end(instance.container);
    this.#observe({
      ...instance,
      state: known.state === "stopping" ? "stopping" : "running",
      lastExit: known.lastExit,
    });
  }

  /** Of each instance its newest container; a start that was broken off leaves two. */
  async #newest<T extends { instance: DockerInstance }>(found: readonly T[]): Promise<T[]> {
    const newest = new Map<string, T>();
    for (const one of found) {
      const other = newest.get(one.instance.id);
      if (!other || other.instance.restarts < one.instance.restarts) newest.set(one.instance.id, one);
    }
    const old = found.filter((one) => newest.get(one.instance.id) !== one);
    await Promise.all(old.map(({ instance }) => this.#removeContainer(instance.container)));
    return [...newest.values()];
  }

  #list() {
    const filters = { label: [`${label.installation}=${this.#deps.installation}`] };
    return this.#engine.ask((docker) => docker.listContainers({ all: true, filters }));
  }

  async #look(id: string): Promise<{ instance: DockerInstance; labelled: LabelledInstance } | null> {
    const info = await this.#engine.ask((docker) => docker.getContainer(id).inspect()).catch(nullIfRefused);
    if (info === null) return null;
    const made = this.#read(info);
    // Made by a server that ended before it could start it.
    if (made === null) await this.#removeContainer(id);
    return made;
  }

  #read(info: ContainerInspectInfo): { instance: DockerInstance; labelled: LabelledInstance } | null {
    const { ready, stopping } = this.#state.get();
    const known = { ready: ready[info.Id] ?? null, isStopping: info.Id in stopping };
    return makeDockerInstance(info, this.#deps.installation, known);
  }

  async #removeContainer(id: string): Promise<void> {
    await this.#engine.ask((docker) => docker.getContainer(id).remove({ force: true, v: true })).catch(nullIfRefused);
  }

  async #end(id: string): Promise<void> {
    const info = await this.#engine.ask((docker) => docker.getContainer(id).inspect()).catch(nullIfRefused);
    const graceMs = (info && this.#read(info)?.instance.stopGraceMs) ?? serviceDefaults.stopGraceMs;
    const t = Math.ceil(graceMs / 1_000);
    if (info?.State.Running)
      await this.#engine.ask((docker) => docker.getContainer(id).stop({ t })).catch(nullIfRefused);
    await this.#removeContainer(id);
  }

  #onEvent({ action, id }: EngineEvent): void {
    if (action === "die") void this.#containers.end(id);
    else if (action === "destroy") this.#containers.gone(id);
    // Started by hand again.
    else if (this.#find(id)?.state === "exited")
      void this.#look(id).then(
        (found) => found && this.#take(found.instance),
        () => {},
      );
  }

  #observe(instance: DockerInstance): void {
    const supervisor = this.#workloads.supervisors.get(instance.workload);
    if (supervisor) return supervisor.observe(instance);
    this.#workloads.strangers.set(instance.id, instance);
  }

  #lose(instance: DockerInstance): void {
    this.#workloads.strangers.delete(instance.id);
    this.#workloads.supervisors.get(instance.workload)?.lose(instance.id);
    this.#networks.release(instance);
  }

  #find(container: string): DockerInstance | undefined {
    return this.#workloads.allInstances().find((instance) => instance.container === container);
  }

  #isUsed({ app, environment }: Scope): boolean {
    const isHere = (place: Scope) => place.app === app && place.environment === environment;
    const isWanted = [...this.#workloads.supervisors.values()].some(
      ({ workload, replicas }) => replicas > 0 && isHere(workload),
    );
    return isWanted || this.#workloads.allInstances().some(isHere);
  }

  #neededImages(): Set<Digest> {
    return new Set([...this.#workloads.supervisors.values()].map(({ workload }) => workload.image));
  }

  async #measure(): Promise<void> {
    for (const { instances } of this.#workloads.supervisors.values()) {
      for (const { id } of instances.values()) {
        const instance = instances.get(id);
        if (this.#stopped.signal.aborted || instance?.state !== "running") continue;
        await this.#containers.limit(instance);
        const memoryBytes = await measureMemory(this.#engine, instance.container).catch(nullIfRefused);
        const now = instances.get(id);
        if (now && memoryBytes !== null) now.memoryBytes = memoryBytes;
      }
    }
  }

  /** Does something from time to time while the engine is there. */
  async #every(pauseMs: number, act: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#deps.clock.sleep(pauseMs, signal);
      if (signal.aborted || !this.#link.isHere) continue;
      await act().catch((error: unknown) => {
        this.#deps.log.debug({ error: toBerthError(error) }, "The Docker engine could not be asked");
      });
    }
  }
}

function nullIfRefused(error: unknown): null {
  if (refusalOf(error) !== null) return null;
  throw error;
}

function platformOf({ info }: Engine): Platform {
  // Images bring their own C library.
  return { os: info.os, architecture: info.architecture, libc: null };
}
