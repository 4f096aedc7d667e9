import { BerthError } from "@berth/core";
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { onlyServerKnows, untilReadyInTime } from "../instances/lone-start.ts";
import type { LoneStart, LoneWaker, LoneWakerDeps } from "../lone-waker.ts";
import { logFolder } from "../logs/log-folder.ts";
import { makeInstanceSpec } from "./instance-spec.ts";
import { openConnection } from "./keeper-connection.ts";
import type { KeeperConnection } from "./keeper-connection.ts";
import { keeperPaths } from "./keeper/paths.ts";
import { protocolVersion } from "./keeper/protocol.ts";
import type { Desire, KeeperEvent, KeptInstance } from "./keeper/protocol.ts";
import { listeningOf } from "./listening.ts";
import { defaultPorts, makePortAllocator } from "./ports.ts";

type Deps = Pick<LoneWakerDeps, "home" | "node" | "clock" | "random" | "onChange">;

/** Several may wake the same: they ask for one instance, by one name. */
const nameOf = (workload: string) => `${workload.slice(0, 12)}-lone`;

/** Connects to the keeper of a home, which knows what is asleep with all that it takes to start it; null where none runs. */
export async function openKeeperWaker(deps: Deps): Promise<LoneWaker | null> {
  const home = await realpath(deps.home).catch(() => null);
  if (home === null) return null;
  const paths = keeperPaths(home, process.getuid?.() ?? 0);
  const connection = await openConnection(paths.socket);
  if (connection !== null && connection.hello.protocol === protocolVersion)
    return new KeeperWaker({ ...deps, home }, connection, paths.instancesFolder);
  connection?.close();
  return null;
}

class KeeperWaker implements LoneWaker {
  readonly #deps: Deps;
  readonly #connection: KeeperConnection;
  readonly #instancesFolder: string;
  readonly #desires: ReadonlyMap<string, Desire>;
  readonly #instances = new Map<string, KeptInstance>();
  readonly #watchers = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #nextPort: ReturnType<typeof makePortAllocator>;

  constructor(deps: Deps, connection: KeeperConnection, instancesFolder: string) {
    this.#deps = deps;
    this.#connection = connection;
    this.#instancesFolder = instancesFolder;
    this.#nextPort = makePortAllocator(defaultPorts, () => deps.random.bytes(1)[0] ?? 0);
    const { desires, instances } = connection.hello;
    this.#desires = new Map(desires.map((desire) => [desire.workload.id, desire]));
    for (const instance of instances) this.#instances.set(instance.id, instance);
    connection.listen((event) => this.#onEvent(event));
  }

  async wake(workload: string, follow: (start: LoneStart) => void = () => undefined): Promise<void> {
    const askedAt = this.#deps.clock.now();
    const desire = this.#desires.get(workload);
    if (desire === undefined || !desire.image) throw onlyServerKnows(workload);
    const running = this.#instancesOf(workload).find(({ state }) => state === "running");
    const id = running?.id ?? nameOf(workload);
    const tell = (startedAt: number | null, listeningAt: number | null, readyAt: number | null) =>
      follow({ instance: id, marks: { askedAt, startedAt, listeningAt }, readyAt });
    tell(null, null, null);
    if (running === undefined) await this.#start(id, desire);
    await this.#untilServing(id, desire, tell);
  }

  endpoints(): ReturnType<LoneWaker["endpoints"]> {
    const serving = [...this.#instances.values()].filter(({ state, host }) => state === "running" && host !== null);
    return Map.groupBy(
      serving.map(({ id, workload, host, port }) => ({ id, workload, endpoint: { host: host!, port } })),
      ({ workload }) => workload,
    );
  }

  close(): void {
    this.#closing.abort();
    this.#connection.close();
  }

  async #start(id: string, { workload, image }: Desire): Promise<void> {
    const { home, node } = this.#deps;
    const inUse = new Set([...this.#instances.values()].map(({ port }) => port));
    const place = {
      id,
      port: await this.#nextPort((port) => inUse.has(port)),
      folder: join(this.#instancesFolder, id),
      logFile: join(logFolder(home, workload), `${id}.log`),
      restarts: 0,
      failures: 0,
    };
    await mkdir(logFolder(home, workload), { recursive: true, mode: 0o700 });
    // The server that comes back finds it wanted.
    await this.#connection.request({ type: "desire", desire: { workload, replicas: 1, image: image! } });
    await this.#connection.request({ type: "start", spec: makeInstanceSpec(workload, image!, place, node) });
  }

  /** Asks it until it answers, and tells the keeper, from whom all others know. */
  async #untilServing(
    id: string,
    { workload }: Desire,
    follow: (startedAt: number | null, listeningAt: number | null, readyAt: number | null) => void,
  ): Promise<void> {
    const { clock } = this.#deps;
    let listeningAt: number | null = null;
    const settled = new AbortController();
    const signal = AbortSignal.any([settled.signal, this.#closing.signal]);
    const check = () => {
      const instance = this.#instances.get(id);
      follow(instance?.startedAt ?? null, listeningAt, instance?.readyAt ?? null);
      if (instance?.state !== "running" || instance.host !== null) settled.abort();
    };
    this.#watchers.add(check);
    try {
      check();
      const { pid, port, startedAt } = this.#instances.get(id) ?? { pid: null, port: 0, startedAt: 0 };
      const hosts = ["127.0.0.1", "::1"];
      const listening = async () => (pid === null ? [] : listeningOf(pid));
      const target = { hosts, port, ownPort: port, startedAt, isOnLoopback: true, listening };
      const onListens = () => {
        listeningAt = clock.now();
        check();
      };
      const { host, why } = await untilReadyInTime(target, workload.health, clock, onListens, signal);
      if (host !== undefined) await this.#connection.request({ type: "ready", instance: id, at: clock.now(), host });
      const instance = this.#instances.get(id);
      if (instance?.state === "running" && instance.host !== null) return;
      const reason = instance?.state === "running" ? why : "it has ended";
      throw new BerthError("runtime.failed", `It did not come up: ${reason}.`, { path: workload.service });
    } finally {
      this.#watchers.delete(check);
    }
  }

  #instancesOf(workload: string): KeptInstance[] {
    return [...this.#instances.values()].filter((instance) => instance.workload === workload);
  }

  #onEvent(event: KeeperEvent): void {
    if (event.event === "memory") return;
    if (event.event === "gone") this.#instances.delete(event.instance);
    else this.#instances.set(event.instance.id, event.instance);
    for (const watcher of this.#watchers) watcher();
    this.#deps.onChange();
  }
}
