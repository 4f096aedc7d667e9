import { BerthError, serviceDefaults } from "@berth/core";
import type {
  Clock,
  IdentifiedWorkload,
  Log,
  LogLine,
  LogOptions,
  Observation,
  ObservedWorkload,
  Random,
  Platform,
  Runtime,
  RuntimeDescriptor,
  Scope,
} from "@berth/core";
import { mkdir, realpath } from "node:fs/promises";
import type { UnpackedImage } from "./instance-spec.ts";
import { KeeperLink } from "./keeper-link.ts";
import { keeperPaths } from "./keeper/paths.ts";
import type { Desire, KeeperEvent, KeptInstance } from "./keeper/protocol.ts";
import { findLogFolders, pruneLogs, removeLogs } from "./log-folders.ts";
import { readLogs } from "./logs.ts";
import { makeObserved } from "./observed.ts";
import { logFolder } from "./paths.ts";
import { defaultPorts, isFree, makePortAllocator } from "./ports.ts";
import type { PortRange } from "./ports.ts";
import { Supervisor, unknownWorkload } from "./supervisor.ts";
import type { SupervisorDeps } from "./supervisor.ts";

export interface ProcessRuntimeDeps {
  /** BERTH_HOME, an absolute path. */
  home: string;
  /** Of this machine. */
  platform: Platform;
  clock: Clock;
  random: Random;
  log: Log;
  /** The path of Node 24, which runs the keeper and is first in the instances' PATH. */
  node: string;
  /** Makes a read-only copy of an image on this machine; asked before each start, so quick where it is there. */
  unpack(image: IdentifiedWorkload["image"]): Promise<UnpackedImage>;
  /** Ports that belong to something else, such as those at which neighbours are reached. */
  isPortReserved?(port: number): boolean;
  ports?: PortRange;
  workerReadyAfterMs?: number;
}

/** Starts the runtime that runs workloads as processes of this machine, kept by a small process that outlives this one. */
export async function startProcessRuntime(deps: ProcessRuntimeDeps): Promise<Runtime> {
  if (process.platform !== "linux") {
    throw new BerthError("runtime.failed", "The process runtime needs Linux.", {
      hint: "Run Berth on Linux, in a virtual machine or in a container.",
    });
  }
  await mkdir(deps.home, { recursive: true, mode: 0o700 });
  // One name for it, so that all find the same keeper.
  const driver = new ProcessDriver({ ...deps, home: await realpath(deps.home) });
  await driver.open();
  return driver;
}

class ProcessDriver implements Runtime {
  readonly descriptor: RuntimeDescriptor;
  readonly #deps: ProcessRuntimeDeps;
  readonly #supervisorDeps: Omit<SupervisorDeps, "onChange">;
  readonly #supervisors = new Map<string, Supervisor>();
  /** Instances of workloads that nobody has told this server of. */
  readonly #strangers = new Map<string, KeptInstance>();
  readonly #watchers = new Set<(scope: Scope) => void>();
  readonly #link: KeeperLink;

  constructor(deps: ProcessRuntimeDeps) {
    this.#deps = deps;
    this.descriptor = { name: "process", sharesNetwork: true, platform: deps.platform, needsBase: false };
    const userId = process.getuid?.() ?? 0;
    const paths = keeperPaths(deps.home, userId);
    this.#link = new KeeperLink({
      find: { ...deps, paths, userId },
      onConnect: (hello) => this.#resync(hello.desires, hello.instances),
      onEvent: (event) => this.#onEvent(event),
    });
    const nextPort = makePortAllocator(deps.ports ?? defaultPorts, () => deps.random.bytes(1)[0] ?? 0);
    this.#supervisorDeps = {
      home: deps.home,
      instancesFolder: paths.instancesFolder,
      clock: deps.clock,
      random: deps.random,
      log: deps.log,
      node: deps.node,
      workerReadyAfterMs: deps.workerReadyAfterMs ?? serviceDefaults.workerReadyAfterMs,
      unpack: (image) => deps.unpack(image),
      allocatePort: () => nextPort((port) => this.#isReserved(port) || this.#portsInUse().has(port)),
      isPortFree: async (port) => !this.#isReserved(port) && (await isFree(port)),
      request: (request) => this.#link.request(request),
    };
  }

  open(): Promise<void> {
    return this.#link.open();
  }

  async observe(scope?: Scope): Promise<Observation> {
    await this.#link.ready();
    const workloads = new Map<string, ObservedWorkload>();
    for (const supervisor of this.#supervisors.values()) {
      const { workload, replicas, reasons } = supervisor;
      if (scope && !isIn(scope, workload)) continue;
      const instances = [...supervisor.instances.values()].map((instance) =>
        makeObserved(instance, workload.health !== null, reasons.get(instance.id) ?? null),
      );
      const { id, app, environment, service } = workload;
      workloads.set(id, { id, app, environment, service, replicas, instances });
    }
    for (const instance of this.#strangers.values()) {
      if (scope && !isIn(scope, instance)) continue;
      const { workload: id, app, environment, service } = instance;
      const others = workloads.get(id)?.instances ?? [];
      const instances = [...others, makeObserved(instance, false, null)];
      workloads.set(id, { id, app, environment, service, replicas: 0, instances });
    }
    return { at: this.#deps.clock.now(), workloads };
  }

  watch(dirty: (scope: Scope) => void): () => void {
    const watcher = (scope: Scope) => dirty(scope);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    await Promise.all([
      this.#link.ready(),
      this.#deps.unpack(workload.image),
      mkdir(logFolder(this.#deps.home, workload), { recursive: true, mode: 0o700 }),
    ]);
    if (this.#supervisors.has(workload.id)) return;
    const supervisor = this.#adopt({ workload, replicas: 0 });
    await this.#tellDesire(supervisor);
  }

  async scale(id: string, replicas: number): Promise<void> {
    const supervisor = this.#supervisors.get(id);
    if (!supervisor) throw unknownWorkload(id);
    const hasChanged = supervisor.replicas !== replicas;
    supervisor.replicas = replicas;
    const told = hasChanged ? this.#tellDesire(supervisor) : this.#link.ready();
    await Promise.all([told, supervisor.settle()]);
    if (supervisor.failure) throw supervisor.failure;
    if (hasChanged) {
      this.#notify(supervisor.workload);
      await pruneLogs(logFolder(this.#deps.home, supervisor.workload), new Set(supervisor.instances.keys()));
    }
  }

  async remove(id: string): Promise<void> {
    await this.#link.ready();
    const supervisor = this.#supervisors.get(id);
    if (supervisor) supervisor.replicas = 0;
    await this.#untilGone(id);
    supervisor?.close();
    this.#supervisors.delete(id);
    await this.#link.request({ type: "forget", workload: id });
    await removeLogs(this.#deps.home, id);
    if (supervisor) this.#notify(supervisor.workload);
  }

  endpoints(id: string): ReturnType<Runtime["endpoints"]> {
    const supervisor = this.#supervisors.get(id);
    if (!supervisor || supervisor.workload.health === null) return [];
    return [...supervisor.instances.values()].flatMap(({ id: instance, host, port, state, readyAt }) =>
      state === "running" && readyAt !== null && host !== null ? [{ instance, endpoint: { host, port } }] : [],
    );
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
    const known = this.#supervisors.get(id)?.workload;
    const folder = known ? logFolder(this.#deps.home, known) : (await findLogFolders(this.#deps.home, id))[0];
    if (folder === undefined) throw unknownWorkload(id);
    yield* readLogs(folder, options);
  }

  async close(): Promise<void> {
    for (const supervisor of this.#supervisors.values()) supervisor.close();
    await this.#link.close();
  }

  async shutdown(): Promise<void> {
    for (const supervisor of this.#supervisors.values()) supervisor.close();
    await this.#link.end();
  }

  #adopt({ workload, replicas }: Desire): Supervisor {
    const supervisor = new Supervisor(workload, { ...this.#supervisorDeps, onChange: () => this.#notify(workload) });
    supervisor.replicas = replicas;
    this.#supervisors.set(workload.id, supervisor);
    for (const instance of this.#strangers.values()) {
      if (instance.workload !== workload.id) continue;
      this.#strangers.delete(instance.id);
      supervisor.observe(instance);
    }
    return supervisor;
  }

  #tellDesire({ workload, replicas }: Supervisor): Promise<void> {
    return this.#link.request({ type: "desire", desire: { workload, replicas } });
  }

  /** Takes what a keeper has as what there is; what this server wants stands above what the keeper remembers. */
  #resync(desires: readonly Desire[], instances: readonly KeptInstance[]): void {
    this.#strangers.clear();
    const present = new Set(instances.map(({ id }) => id));
    const remembered = new Set(desires.map(({ workload }) => workload.id));
    for (const desire of desires) if (!this.#supervisors.has(desire.workload.id)) this.#adopt(desire);
    for (const supervisor of this.#supervisors.values()) {
      for (const id of supervisor.instances.keys()) if (!present.has(id)) supervisor.lose(id);
      if (!remembered.has(supervisor.workload.id)) void this.#tellDesire(supervisor).catch(() => {});
    }
    for (const instance of instances) this.#onInstance(instance);
    for (const supervisor of this.#supervisors.values()) void supervisor.settle();
  }

  #onEvent(event: KeeperEvent): void {
    if (event.event === "instance") return this.#onInstance(event.instance);
    if (event.event === "gone") {
      this.#strangers.delete(event.instance);
      return this.#supervisors.get(event.workload)?.lose(event.instance);
    }
    for (const supervisor of this.#supervisors.values()) {
      for (const instance of supervisor.instances.values()) {
        instance.memoryBytes = event.memoryBytes[instance.id] ?? instance.memoryBytes;
      }
    }
  }

  #onInstance(instance: KeptInstance): void {
    const supervisor = this.#supervisors.get(instance.workload);
    if (supervisor) return supervisor.observe(instance);
    this.#strangers.set(instance.id, instance);
    // Nobody can start it again: what remains of it is only its record.
    if (instance.state === "exited") void this.#link.request({ type: "drop", instance: instance.id }).catch(() => {});
  }

  /** Stops whatever runs of a workload and resolves when nothing is left of it. */
  async #untilGone(id: string): Promise<void> {
    const ours = () => [
      ...(this.#supervisors.get(id)?.instances.values() ?? []),
      ...[...this.#strangers.values()].filter((instance) => instance.workload === id),
    ];
    await this.#supervisors.get(id)?.settle();
    for (const { id: instance } of ours()) await this.#link.request({ type: "stop", instance });
    while (ours().length > 0) {
      await this.#link.ready();
      await this.#deps.clock.sleep(5);
    }
  }

  #isReserved(port: number): boolean {
    return this.#deps.isPortReserved?.(port) ?? false;
  }

  #portsInUse(): Set<number> {
    const known = [...this.#supervisors.values()].flatMap(({ instances }) => [...instances.values()]);
    return new Set([...known, ...this.#strangers.values()].map(({ port }) => port));
  }

  #notify({ app, environment }: Scope): void {
    for (const watcher of this.#watchers) watcher({ app, environment });
  }
}

function isIn(scope: Scope, place: Scope): boolean {
  return place.app === scope.app && place.environment === scope.environment;
}
