import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { serviceDefaults } from "@berth/core";
import { execInContainer, requireLocal } from "@berth/docker";
import type {
  ExecOptions,
  ExecSession,
  IdentifiedTask,
  IdentifiedWorkload,
  LogLine,
  LogOptions,
  NeighbourGateway,
  Observation,
  Runtime,
  RuntimeDescriptor,
  Scope,
} from "@berth/core";
import type { EngineEvent } from "@berth/docker";
import { startContainerSession } from "../exec/container-session.ts";
import { runningInstance } from "../instances/find-instance.ts";
import { instanceName } from "../instances/supervisor.ts";
import { Workloads } from "../instances/workloads.ts";
import { findLogFolders, pruneLogs, removeLogs } from "../logs/log-folders.ts";
import { logFolder } from "../logs/log-folder.ts";
import { readLogs } from "../logs/read-logs.ts";
import { Census } from "./census.ts";
import { Containers } from "./containers.ts";
import type { DockerRuntime, DockerRuntimeDeps } from "./deps.ts";
import { makeDescriptor } from "./descriptor.ts";
import type { DockerInstance } from "./docker-instance.ts";
import { EngineImages } from "./engine-images.ts";
import { EngineLink } from "./engine-link.ts";
import { measureInstances } from "./measure-instances.ts";
import type { MeasureDeps } from "./measure-instances.ts";
import { Networks } from "./networks.ts";
import { PreparedContainers } from "./prepared/prepared-containers.ts";
import { findReach } from "./reach.ts";
import type { Reach } from "./reach.ts";
import { repeat } from "./repeat.ts";
import { StateFile } from "./state-file.ts";
import { countNetworks, defaultSubnets, parseSubnets } from "./subnets.ts";
import { endAll } from "./survey.ts";
import type { SurveyDeps } from "./survey.ts";

/** Each has a directory on the disk, and with the network of its environment slows down every start a little. */
const defaultPrepared = 50;

/** Starts the runtime that runs workloads as containers of a Docker engine. Throws `engine.unreachable`, `settings.invalid`. */
export async function startDockerRuntime(deps: DockerRuntimeDeps): Promise<DockerRuntime> {
  requireLocal(deps.engine.address);
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
  readonly #workloads: Workloads<DockerInstance>;
  readonly #containers: Containers;
  readonly #prepared: PreparedContainers;
  readonly #networks: Networks;
  readonly #images: EngineImages;
  readonly #state: StateFile;
  readonly #survey: SurveyDeps;
  readonly #census: Census;
  readonly #measured: MeasureDeps;
  readonly #link: EngineLink;
  readonly #stopped = new AbortController();

  constructor(deps: DockerRuntimeDeps, reach: Reach) {
    const { engine, installation, clock, random, log, home } = deps;
    this.#deps = deps;
    this.descriptor = makeDescriptor(engine, reach);
    this.#state = new StateFile(join(home, "docker", "state.json"), log);
    this.#survey = {
      engine,
      installation,
      state: this.#state,
      beingStarted: () => this.#containers.beingStarted(),
    };
    const ranges = parseSubnets(deps.subnets ?? defaultSubnets);
    this.#networks = new Networks({
      engine,
      installation,
      ranges,
      clock,
      log,
      lingerMs: deps.networkLingerMs ?? 10_000,
      isUsed: (scope) => this.#workloads.isUsed(scope) || this.#prepared.uses(scope),
    });
    const graceMs = deps.imageGraceMs ?? 3_600_000;
    this.#images = new EngineImages({ engine, installation, clock, log, open: (digest) => deps.open(digest), graceMs });
    const starts = { engine, installation, reach, images: this.#images, networks: this.#networks, clock };
    this.#prepared = new PreparedContainers({
      home,
      installation,
      log,
      starts,
      max: Math.min(deps.maxPrepared ?? defaultPrepared, Math.floor(countNetworks(ranges) / 2)),
      afterMs: deps.prepareAfterMs ?? 500,
      workloads: () => this.#workloads.supervisors.values(),
      nameFor: (workload) => instanceName(workload, random),
    });
    this.#containers = new Containers({
      ...starts,
      home,
      state: this.#state,
      prepared: this.#prepared,
      log,
      find: (container) => this.#find(container),
      observe: (instance) => this.#observe(instance),
      lose: (instance) => this.#lose(instance),
    });
    const { workerReadyAfterMs = serviceDefaults.workerReadyAfterMs } = deps;
    this.#workloads = new Workloads("docker", { host: this.#containers, clock, random, log, workerReadyAfterMs });
    this.#census = new Census({
      ...this.#survey,
      workloads: this.#workloads,
      containers: this.#containers,
      prepared: this.#prepared,
      find: (container) => this.#find(container),
      observe: (instance) => this.#observe(instance),
    });
    this.#measured = {
      engine,
      containers: this.#containers,
      all: () => this.#workloads.allInstances(),
      find: (container) => this.#find(container),
      signal: this.#stopped.signal,
    };
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
    const { clock, log, measureEveryMs = 5_000, surveyEveryMs = 60_000, sweepEveryMs = 600_000 } = this.#deps;
    const deps = { clock, log, signal: this.#stopped.signal, isOn: () => this.#link.isHere };
    void repeat(deps, measureEveryMs, () => measureInstances(this.#measured));
    void repeat(deps, surveyEveryMs, () => this.#census.repeat());
    void repeat(deps, sweepEveryMs, () => this.#images.sweep(this.#workloads.images()));
  }

  async observe(scope?: Scope): Promise<Observation> {
    await this.#link.ready();
    return { at: this.#deps.clock.now(), ...this.#workloads.observeAll(scope) };
  }

  watch(dirty: (scope: Scope) => void): () => void {
    return this.#workloads.watch(dirty);
  }

  followGateways(follower: (gateways: readonly NeighbourGateway[]) => Promise<void>): Promise<() => void> {
    return this.#networks.follow(follower);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    await this.#link.ready();
    this.#containers.expect(workload.id);
    const folder = logFolder(this.#deps.home, workload);
    await Promise.all([this.#images.ready(workload), mkdir(folder, { recursive: true, mode: 0o700 })]);
    if (!this.#workloads.supervisors.has(workload.id)) this.#workloads.adopt(workload, 0);
  }

  async scale(id: string, replicas: number): Promise<void> {
    const supervisor = this.#workloads.get(id);
    const before = supervisor.replicas;
    const hasChanged = before !== replicas;
    supervisor.replicas = replicas;
    if (hasChanged) this.#state.setReplicas(id, replicas);
    if (hasChanged && (before === 0 || replicas === 0)) this.#prepared.turned(id, replicas > 0);
    await this.#link.ready();
    await supervisor.settle();
    if (supervisor.failure) throw supervisor.failure;
    if (!hasChanged) return;
    this.#workloads.notify(supervisor.workload);
    await pruneLogs(logFolder(this.#deps.home, supervisor.workload), new Set(supervisor.instances.keys()));
  }

  async run(task: IdentifiedTask): Promise<void> {
    await this.#link.ready();
    const folder = logFolder(this.#deps.home, task);
    await Promise.all([this.#images.ready(task), mkdir(folder, { recursive: true, mode: 0o700 })]);
    this.#state.setReplicas(task.id, 1);
    const supervisor = this.#workloads.supervisors.get(task.id) ?? this.#workloads.adopt(task, 1);
    await supervisor.settle();
    if (supervisor.failure) throw supervisor.failure;
    this.#workloads.notify(task);
  }

  async remove(id: string): Promise<void> {
    await this.#link.ready();
    const supervisor = this.#workloads.supervisors.get(id);
    if (supervisor) supervisor.replicas = 0;
    this.#state.setReplicas(id, null);
    await supervisor?.settle();
    await this.#untilGone(() => this.#workloads.instancesOf(id));
    this.#workloads.drop(id);
    await this.#prepared.drop(id);
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

  async exec(id: string, instance: string, options: ExecOptions): Promise<ExecSession> {
    await this.#link.ready();
    const { instances } = this.#workloads.get(id);
    const { container } = runningInstance([...instances.values()], instance);
    const { engine, clock } = this.#deps;
    return startContainerSession({ clock, run: (program) => execInContainer(engine, container, program) }, options);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#workloads.close();
    this.#networks.close();
    await this.#prepared.close();
    await this.#link.close();
    await this.#containers.close();
  }

  async shutdown(): Promise<void> {
    this.#workloads.close();
    try {
      await this.#untilGone(() => this.#workloads.allInstances());
    } finally {
      await this.close();
    }
    // What this version of Berth does not know, and what could not be stopped.
    await endAll(this.#survey);
    await this.#networks.removeAll();
    this.#state.remove();
    this.#prepared.removeFile();
  }

  /** Stops instances until none of them is left. One that ends by itself meanwhile is stopped when that has been looked into. */
  async #untilGone(left: () => DockerInstance[]): Promise<void> {
    for (;;) {
      await this.#link.ready();
      const instances = left();
      if (instances.length === 0) return;
      await Promise.all(instances.map((instance) => this.#containers.stop(instance)));
      await this.#deps.clock.sleep(5);
    }
  }

  async #resync(): Promise<void> {
    await this.#census.take();
    await this.#networks.resync();
  }

  #onEvent({ action, id }: EngineEvent): void {
    if (action === "die") void this.#containers.end(id);
    else if (action === "destroy") {
      this.#containers.gone(id);
      if (this.#prepared.has(id)) this.#prepared.forget(id);
    }
    // Started by somebody else.
    else if (this.#prepared.has(id)) {
      this.#prepared.forget(id);
      void this.#census.takeStarted(id);
    }
    // Started again by hand.
    else if (this.#find(id)?.state === "exited") void this.#census.lookAgain(id);
  }

  #observe(instance: DockerInstance): void {
    const supervisor = this.#workloads.supervisors.get(instance.workload);
    if (supervisor) return supervisor.observe(instance);
    this.#workloads.strangers.set(instance.id, instance);
  }

  #lose(instance: DockerInstance): void {
    this.#workloads.strangers.delete(instance.id);
    this.#workloads.supervisors.get(instance.workload)?.lose(instance.id);
    this.#prepared.lookSoon();
    this.#networks.release(instance);
  }

  #find(container: string): DockerInstance | undefined {
    return this.#workloads.allInstances().find((instance) => instance.container === container);
  }
}
