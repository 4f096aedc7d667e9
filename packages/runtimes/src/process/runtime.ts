import { BerthError, serviceDefaults } from "@berth/core";
import type {
  Clock,
  ExecOptions,
  ExecSession,
  IdentifiedTask,
  IdentifiedWorkload,
  Log,
  LogLine,
  LogOptions,
  Observation,
  Random,
  Platform,
  Runtime,
  RuntimeDescriptor,
  Scope,
} from "@berth/core";
import { mkdir, realpath } from "node:fs/promises";
import type { Supervisor } from "../instances/supervisor.ts";
import { Workloads } from "../instances/workloads.ts";
import { findLogFolders, pruneLogs, removeLogs } from "../logs/log-folders.ts";
import { logFolder } from "../logs/log-folder.ts";
import { readLogs } from "../logs/read-logs.ts";
import { runningInstance } from "../instances/find-instance.ts";
import { lacksTerminal, startProcessSession } from "./exec/session.ts";
import { makeInstanceSpec, type UnpackedImage } from "./instance-spec.ts";
import { KeeperLink } from "./keeper-link.ts";
import { keeperPaths } from "./keeper/paths.ts";
import type { Desire, KeeperEvent, KeptInstance } from "./keeper/protocol.ts";
import { defaultPorts, isFree, makePortAllocator } from "./ports.ts";
import type { PortRange } from "./ports.ts";
import { makeProcessHost } from "./process-host.ts";

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
  readonly #workloads: Workloads<KeptInstance>;
  readonly #link: KeeperLink;
  /** Images as they were seen to lie on this machine. */
  readonly #unpacked = new Map<IdentifiedWorkload["image"], UnpackedImage>();

  constructor(deps: ProcessRuntimeDeps) {
    this.#deps = deps;
    this.descriptor = {
      name: "process",
      sharesNetwork: true,
      platform: deps.platform,
      needsBase: false,
      neighbours: "loopback",
      separatesStreams: true,
      scalesByLoad: false,
      exec: { lacksTerminal, endsWithServer: true },
      endsWithServer: true,
    };
    const userId = process.getuid?.() ?? 0;
    const paths = keeperPaths(deps.home, userId);
    this.#link = new KeeperLink({
      find: { ...deps, paths, userId },
      onConnect: (hello) => this.#resync(hello.desires, hello.instances),
      onEvent: (event) => this.#onEvent(event),
    });
    const nextPort = makePortAllocator(deps.ports ?? defaultPorts, () => deps.random.bytes(1)[0] ?? 0);
    const host = makeProcessHost({
      home: deps.home,
      instancesFolder: paths.instancesFolder,
      node: deps.node,
      unpack: (image) => this.#unpack(image),
      allocatePort: () => nextPort((port) => this.#isReserved(port) || this.#portsInUse().has(port)),
      isPortFree: async (port) => !this.#isReserved(port) && (await isFree(port)),
      request: (request) => this.#link.request(request),
    });
    const { clock, random, log, workerReadyAfterMs = serviceDefaults.workerReadyAfterMs } = deps;
    this.#workloads = new Workloads("process", { host, clock, random, log, workerReadyAfterMs });
  }

  open(): Promise<void> {
    return this.#link.open();
  }

  async observe(scope?: Scope): Promise<Observation> {
    await this.#link.ready();
    return { at: this.#deps.clock.now(), ...this.#workloads.observeAll(scope) };
  }

  watch(dirty: (scope: Scope) => void): () => void {
    return this.#workloads.watch(dirty);
  }

  async ensure(workload: IdentifiedWorkload): Promise<void> {
    await Promise.all([
      this.#link.ready(),
      this.#unpack(workload.image),
      mkdir(logFolder(this.#deps.home, workload), { recursive: true, mode: 0o700 }),
    ]);
    if (this.#workloads.supervisors.has(workload.id)) return;
    await this.#tellDesire(this.#workloads.adopt(workload, 0));
  }

  async scale(id: string, replicas: number): Promise<void> {
    const supervisor = this.#workloads.get(id);
    const hasChanged = supervisor.replicas !== replicas;
    supervisor.replicas = replicas;
    const told = hasChanged ? this.#tellDesire(supervisor) : this.#link.ready();
    await Promise.all([told, supervisor.settle()]);
    if (supervisor.failure) throw supervisor.failure;
    if (hasChanged) {
      this.#workloads.notify(supervisor.workload);
      await pruneLogs(logFolder(this.#deps.home, supervisor.workload), new Set(supervisor.instances.keys()));
    }
  }

  async run(task: IdentifiedTask): Promise<void> {
    await Promise.all([
      this.#link.ready(),
      this.#unpack(task.image),
      mkdir(logFolder(this.#deps.home, task), { recursive: true, mode: 0o700 }),
    ]);
    const supervisor = this.#workloads.supervisors.get(task.id) ?? this.#workloads.adopt(task, 1);
    await this.#tellDesire(supervisor);
    await supervisor.settle();
    if (supervisor.failure) throw supervisor.failure;
    this.#workloads.notify(task);
  }

  async remove(id: string): Promise<void> {
    await this.#link.ready();
    const supervisor = this.#workloads.supervisors.get(id);
    if (supervisor) supervisor.replicas = 0;
    await this.#untilGone(id);
    this.#workloads.drop(id);
    await this.#link.request({ type: "forget", workload: id });
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
    const { workload, instances } = this.#workloads.get(id);
    const { port, folder, logFile, restarts, failures } = runningInstance([...instances.values()], instance);
    const place = { id: instance, port, folder, logFile, restarts, failures };
    const image = await this.#unpack(workload.image);
    return startProcessSession(makeInstanceSpec(workload, image, place, this.#deps.node), options);
  }

  async close(): Promise<void> {
    this.#workloads.close();
    await this.#link.close();
  }

  async shutdown(): Promise<void> {
    this.#workloads.close();
    await this.#link.end();
  }

  #tellDesire({ workload, replicas }: Supervisor<KeptInstance>): Promise<void> {
    const image = this.#unpacked.get(workload.image) ?? null;
    return this.#link.request({ type: "desire", desire: { workload, replicas, image } });
  }

  async #unpack(image: IdentifiedWorkload["image"]): Promise<UnpackedImage> {
    const unpacked = await this.#deps.unpack(image);
    this.#unpacked.set(image, unpacked);
    return unpacked;
  }

  /** Takes what a keeper has as what there is; what this server wants stands above what the keeper remembers. */
  #resync(desires: readonly Desire[], instances: readonly KeptInstance[]): void {
    const { strangers, supervisors } = this.#workloads;
    strangers.clear();
    const present = new Set(instances.map(({ id }) => id));
    const remembered = new Set(desires.map(({ workload }) => workload.id));
    for (const { workload, replicas, image } of desires) {
      if (image) this.#unpacked.set(workload.image, image);
      if (!supervisors.has(workload.id)) this.#workloads.adopt(workload, replicas);
    }
    for (const supervisor of supervisors.values()) {
      for (const id of supervisor.instances.keys()) if (!present.has(id)) supervisor.lose(id);
      if (!remembered.has(supervisor.workload.id)) void this.#tellDesire(supervisor).catch(() => {});
    }
    for (const instance of instances) this.#onInstance(instance);
    for (const supervisor of supervisors.values()) void supervisor.settle();
  }

  #onEvent(event: KeeperEvent): void {
    const { strangers, supervisors } = this.#workloads;
    if (event.event === "instance") return this.#onInstance(event.instance);
    if (event.event === "gone") {
      strangers.delete(event.instance);
      return supervisors.get(event.workload)?.lose(event.instance);
    }
    for (const { instances } of supervisors.values()) {
      for (const instance of instances.values()) {
        instance.memoryBytes = event.memoryBytes[instance.id] ?? instance.memoryBytes;
        instance.cpuMillis = event.cpuMillis?.[instance.id] ?? instance.cpuMillis ?? null;
      }
    }
  }

  #onInstance(instance: KeptInstance): void {
    const supervisor = this.#workloads.supervisors.get(instance.workload);
    if (supervisor) return supervisor.observe(instance);
    this.#workloads.strangers.set(instance.id, instance);
    // Nobody can start it again: what remains of it is only its record.
    if (instance.state === "exited") void this.#link.request({ type: "drop", instance: instance.id }).catch(() => {});
  }

  /** Stops whatever runs of a workload and resolves when nothing is left of it. */
  async #untilGone(id: string): Promise<void> {
    await this.#workloads.supervisors.get(id)?.settle();
    for (const { id: instance } of this.#workloads.instancesOf(id))
      await this.#link.request({ type: "stop", instance });
    while (this.#workloads.instancesOf(id).length > 0) {
      await this.#link.ready();
      await this.#deps.clock.sleep(5);
    }
  }

  #isReserved(port: number): boolean {
    return this.#deps.isPortReserved?.(port) ?? false;
  }

  #portsInUse(): Set<number> {
    return new Set(this.#workloads.allInstances().map(({ port }) => port));
  }
}
