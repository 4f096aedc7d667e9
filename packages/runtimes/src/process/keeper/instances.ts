import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { exitText, stoppedText } from "../../instances/exit-text.ts";
import type { KnownExit } from "../../instances/known-instance.ts";
import { LogFile } from "../../logs/log-file.ts";
import { endLost, findLost } from "./lost.ts";
import type { InstanceSpec, InstanceUsage, KeeperEvent, KeptInstance } from "./protocol.ts";
import { startRunning } from "./running.ts";
import type { Running } from "./running.ts";
import { readState, writeState } from "./state-file.ts";

export interface InstancesDeps {
  stateFile: string;
  /** Where the private folders of instances are. */
  instancesFolder: string;
  emit(event: KeeperEvent): void;
}

interface Entry {
  instance: KeptInstance;
  running: Running | null;
  startTicks: string | null;
}

/** The instances of this keeper: started and stopped as asked, never on its own account. */
export class Instances {
  readonly #deps: InstancesDeps;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: InstancesDeps) {
    this.#deps = deps;
  }

  list(): KeptInstance[] {
    return [...this.#entries.values()].map((entry) => entry.instance);
  }

  /** Those with a process, for the watch over what they use. */
  running(): { instance: KeptInstance; running: Running }[] {
    return [...this.#entries.values()].flatMap(({ instance, running }) => (running ? [{ instance, running }] : []));
  }

  /** Starts the instance, or starts it again where it has exited. One that is there stays as it is. */
  start(spec: InstanceSpec): KeptInstance {
    const present = this.#entries.get(spec.id);
    if (present && present.instance.state !== "exited") return present.instance;
    const startedAt = Date.now();
    const running = startRunning(spec);
    const instance: KeptInstance = {
      id: spec.id,
      workload: spec.workload,
      app: spec.app,
      environment: spec.environment,
      service: spec.service,
      pid: running.pid,
      port: spec.port,
      folder: spec.folder,
      logFile: spec.logFile,
      state: "running",
      startedAt,
      readyAt: null,
      host: null,
      restarts: spec.restarts,
      failures: spec.failures,
      memoryLimitBytes: spec.memoryLimitBytes,
      memoryBytes: null,
      cpuMillis: null,
      stopGraceMs: spec.stopGraceMs,
      lastExit: present?.instance.lastExit ?? null,
    };
    const entry: Entry = { instance, running, startTicks: running.startTicks };
    this.#entries.set(spec.id, entry);
    void running.ended.then((exit) => this.#onEnded(entry, running, exit));
    this.#changed(entry);
    return instance;
  }

  /** Asks the instance to stop; an event says when it is gone. */
  stop(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (entry.instance.state === "exited") return this.drop(id);
    entry.instance.state = "stopping";
    entry.running?.stop();
    this.#changed(entry);
  }

  drop(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.instance.state !== "exited") return;
    this.#remove(entry);
  }

  markReady(id: string, at: number, host: string | null): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.instance.state !== "running") return;
    entry.instance.readyAt = at;
    entry.instance.host = host;
    this.#changed(entry);
  }

  note(id: string, text: string): void {
    const entry = this.#entries.get(id);
    if (entry) void this.#write(entry, text);
  }

  setUsage(samples: Record<string, InstanceUsage>): void {
    const memory: Record<string, number> = {};
    const cpu: Record<string, number> = {};
    for (const [id, { memoryBytes, cpuMillis }] of Object.entries(samples)) {
      const entry = this.#entries.get(id);
      if (entry) Object.assign(entry.instance, { memoryBytes, cpuMillis });
      memory[id] = memoryBytes;
      if (cpuMillis !== null) cpu[id] = cpuMillis;
    }
    this.#deps.emit({ event: "memory", memoryBytes: memory, cpuMillis: cpu });
  }

  /** Stops all; resolves when they have ended. */
  async stopAll(): Promise<void> {
    const waits = [...this.#entries.values()].flatMap(({ running }) => (running ? [running.ended] : []));
    for (const id of this.#entries.keys()) this.stop(id);
    await Promise.all(waits);
    // Their logs are closed one turn later.
    while (this.#entries.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Ends what a keeper that was killed has left running; its instances then wait to be started again. */
  recover(): void {
    const left = readState(this.#deps.stateFile);
    const lost = findLost(left, this.#deps.instancesFolder);
    const known = new Map(lost.map((group) => [group.instance, group]));
    for (const { instance, startTicks } of left) {
      if (instance.state === "exited") {
        this.#entries.set(instance.id, { instance, running: null, startTicks: null });
        continue;
      }
      if (instance.state !== "stopping") instance.state = "ending";
      const entry: Entry = { instance, running: null, startTicks };
      this.#entries.set(instance.id, entry);
      const group = known.get(instance.id);
      void (group ? endLost(group) : Promise.resolve()).then(() => this.#onLostEnded(entry));
    }
    const strangers = lost.filter((group) => group.instance === null);
    void Promise.all(strangers.map(endLost)).then(() => this.#sweep());
    this.#save();
  }

  /** Removes private folders that no instance has any more. */
  async #sweep(): Promise<void> {
    const folder = this.#deps.instancesFolder;
    const names = await readdir(folder).catch(() => []);
    await Promise.all(names.filter((name) => !this.#entries.has(name)).map((name) => removeFolder(join(folder, name))));
  }

  async #onEnded(entry: Entry, running: Running, exit: KnownExit): Promise<void> {
    const { instance } = entry;
    const text =
      instance.state === "stopping" && exit.failure === null
        ? stoppedText(exit)
        : exitText(exit, instance.memoryLimitBytes);
    running.log.add(Date.now(), "berth", [text]);
    await running.log.close();
    await this.#settle(entry, exit);
  }

  async #onLostEnded(entry: Entry): Promise<void> {
    const failure = "was ended because the process that kept its output was lost";
    await this.#write(entry, failure);
    await this.#settle(entry, { at: Date.now(), code: null, signal: null, outOfMemory: false, failure });
  }

  async #settle(entry: Entry, exit: KnownExit): Promise<void> {
    const { instance } = entry;
    await removeFolder(instance.folder);
    entry.running = null;
    entry.startTicks = null;
    instance.pid = null;
    instance.memoryBytes = null;
    instance.cpuMillis = null;
    instance.lastExit = exit;
    if (instance.state === "stopping") return this.#remove(entry);
    instance.state = "exited";
    this.#changed(entry);
  }

  /** A line of Berth's own, through the open log where there is one. */
  async #write(entry: Entry, text: string): Promise<void> {
    if (entry.running) return entry.running.log.add(Date.now(), "berth", [text]);
    const log = new LogFile(entry.instance.logFile, () => {});
    log.add(Date.now(), "berth", [text]);
    await log.close();
  }

  #remove({ instance }: Entry): void {
    this.#entries.delete(instance.id);
    this.#save();
    this.#deps.emit({ event: "gone", instance: instance.id, workload: instance.workload });
  }

  #changed(entry: Entry): void {
    this.#save();
    this.#deps.emit({ event: "instance", instance: entry.instance });
  }

  #save(): void {
    try {
      writeState(this.#deps.stateFile, [...this.#entries.values()]);
    } catch (error) {
      // A full disk: the instances run on, and a next keeper finds them by their folders.
      console.error("cannot write", this.#deps.stateFile, error);
    }
  }
}

/** What an app has made unremovable stays: nothing depends on it. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch((error) => console.error("cannot remove", folder, error));
}
