import { BerthError, toBerthError } from "@berth/core";
import type { Clock, IdentifiedWorkload, Log } from "@berth/core";
import { isRefusal, refusalOf } from "@berth/docker";
import type { ContainerInspectInfo, Engine } from "@berth/docker";
import { exitText, stoppedText } from "../instances/exit-text.ts";
import type { KnownExit } from "../instances/known-instance.ts";
import type { ReadinessTarget } from "../instances/readiness.ts";
import type { InstanceHost, StartOrder } from "../instances/supervisor.ts";
import { logFolder } from "../logs/log-folder.ts";
import { isFaultOfImage, makeExit, startFailure } from "./container-exit.ts";
import { makeContainerOptions, makeReadyLimits } from "./container-options.ts";
import { makeDockerInstance } from "./docker-instance.ts";
import type { DockerInstance } from "./docker-instance.ts";
import type { EngineImages } from "./engine-images.ts";
import { InstanceLog } from "./instance-log.ts";
import { listeningInside } from "./listening-inside.ts";
import type { Networks } from "./networks.ts";
import type { Reach } from "./reach.ts";
import { label } from "./names.ts";
import { isMissing, isOverlap, toRuntimeError } from "./start-error.ts";
import type { StateFile } from "./state-file.ts";

export interface ContainersDeps {
  engine: Engine;
  installation: string;
  home: string;
  reach: Reach;
  images: EngineImages;
  networks: Networks;
  state: StateFile;
  clock: Clock;
  log: Log;
  /** An instance as it is known now. */
  find(container: string): DockerInstance | undefined;
  observe(instance: DockerInstance): void;
  lose(instance: DockerInstance): void;
}

const startTries = 3;

/** The containers of instances: one for each start. */
export class Containers implements InstanceHost<DockerInstance> {
  readonly #deps: ContainersDeps;
  readonly #logs = new Map<string, InstanceLog>();
  /** Containers whose end is being looked into. */
  readonly #ending = new Set<string>();
  /** Containers that have ended before anything was known of them. */
  readonly #endedEarly = new Set<string>();
  readonly #stopped = new AbortController();

  constructor(deps: ContainersDeps) {
    this.#deps = deps;
  }

  async start(workload: IdentifiedWorkload, order: StartOrder<DockerInstance>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const container = await this.#make(workload, order);
        if (order.previous !== null) await this.#remove(order.previous.container);
        const log = this.#logOf(workload, order.id);
        log.note(this.#deps.clock.now(), order.restarts === 0 ? "started" : "started again");
        await this.#startMade(container, log);
        return;
      } catch (error) {
        if (!this.#mayHelpAgain(error, workload) || tries === startTries) throw toRuntimeError(error);
      }
    }
  }

  async stop(instance: DockerInstance): Promise<void> {
    if (instance.state === "exited") return this.#discard(instance);
    if (instance.state === "stopping" || instance.state === "ended") return;
    const deadline = this.#deps.clock.now() + instance.stopGraceMs;
    this.#deps.state.setStopping(instance.container, deadline);
    this.#deps.observe({ ...instance, state: "stopping" });
    await this.#signal(instance.container, instance.stopSignal);
    void this.#killAt(instance.container, deadline);
  }

  async note(instance: DockerInstance, text: string): Promise<void> {
    this.#logOf(instance, instance.id).note(this.#deps.clock.now(), text);
  }

  async markReady(instance: DockerInstance, at: number, host: string | null): Promise<void> {
    this.#deps.state.setReady(instance.container, { at, host });
    await this.limit(instance);
  }

  targetOf({ address, port, ownPort, pid, startedAt }: DockerInstance): ReadinessTarget {
    const hosts = address === null ? [] : [address];
    return { hosts, port, ownPort, startedAt, isOnLoopback: false, listening: () => listeningInside(pid) };
  }

  /** Takes from an instance that is ready what it had to start with. */
  async limit(instance: DockerInstance): Promise<void> {
    if (instance.isLimited || instance.readyAt === null || instance.state !== "running") return;
    this.#deps.observe({ ...instance, isLimited: true });
    try {
      await this.#deps.engine.ask((docker) =>
        docker.getContainer(instance.container).update(makeReadyLimits(instance.cpuMillis)),
      );
    } catch (error) {
      // It has ended meanwhile, or the engine has gone and it is found without its limit then.
      this.#deps.log.debug({ err: error, container: instance.container }, "A container could not be limited");
    }
  }

  /** Takes up an instance that an earlier server has started. */
  adopt(instance: DockerInstance): void {
    if (instance.state === "exited") return;
    this.#logOf(instance, instance.id).follow(instance.container, instance.createdAt);
    if (instance.pid === null) return void this.end(instance.container);
    const deadline = this.#deps.state.get().stopping[instance.container];
    if (deadline !== undefined) void this.#killAt(instance.container, deadline);
  }

  /** Looks into how a container has ended, and what follows. Never rejects: what could not be asked is found by the next look at all. */
  async end(container: string): Promise<void> {
    const instance = this.#deps.find(container);
    if (!instance) return void this.#endedEarly.add(container);
    if (this.#ending.has(container) || instance.state === "exited") return;
    this.#ending.add(container);
    try {
      // At once, so that nothing more is sent to it.
      if (instance.state === "running") this.#deps.observe({ ...instance, state: "ended" });
      await this.#settleEnd(container);
    } catch (error) {
      this.#deps.log.debug(
        { error: toBerthError(error), container },
        "The end of a container could not be looked into yet",
      );
    } finally {
      this.#ending.delete(container);
    }
  }

  /** A container is no more. */
  gone(container: string): void {
    this.#endedEarly.delete(container);
    const instance = this.#deps.find(container);
    if (instance && !this.#ending.has(container)) this.#lose(instance);
  }

  /** Forgets what is known of an instance, but not its log. */
  drop(instance: DockerInstance): void {
    this.#deps.state.forgetContainer(instance.container);
    const log = this.#logs.get(instance.id);
    this.#logs.delete(instance.id);
    void log?.close();
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
    this.#logs.clear();
  }

  /** Makes the container of a start, in its network; gives its id. */
  async #make(workload: IdentifiedWorkload, order: StartOrder<DockerInstance>): Promise<string> {
    const { engine, installation, images, networks, reach } = this.#deps;
    const [image, network] = await Promise.all([images.ready(workload), networks.prepare(workload)]);
    const options = makeContainerOptions(workload, image.config, {
      installation,
      instance: order.id,
      history: { restarts: order.restarts, failures: order.failures, lastExit: order.previous?.lastExit ?? null },
      image: image.id,
      network: network.name,
      gateway: network.gateway,
      publishes: reach === "published",
    });
    const creating = engine.ask((docker) => docker.createContainer(options));
    try {
      const [{ id }] = await Promise.all([creating, network.ready]);
      return id;
    } catch (error) {
      const made = await creating.catch(() => null);
      if (made !== null) await this.#remove(made.id);
      else if (isRefusal(error, 409)) await this.#removeLeft(options.name);
      throw error;
    }
  }

  async #startMade(container: string, log: InstanceLog): Promise<void> {
    const { engine } = this.#deps;
    let failure: string | null = null;
    try {
      await engine.ask((docker) => docker.getContainer(container).start());
    } catch (error) {
      const message = refusalOf(error)?.message ?? "";
      if (!isFaultOfImage(message)) {
        await this.#remove(container).catch(() => {});
        throw error;
      }
      failure = startFailure(message);
    }
    const info = await engine.ask((docker) => docker.getContainer(container).inspect());
    const instance = this.#read(info);
    if (instance === null) throw new BerthError("runtime.failed", "A container was changed while it was started.");
    if (failure !== null) {
      log.note(this.#deps.clock.now(), failure);
      const at = this.#deps.clock.now();
      const lastExit: KnownExit = { at, code: null, signal: null, outOfMemory: false, failure };
      this.#deps.state.setEnded(container, lastExit);
      return this.#deps.observe({ ...instance, state: "exited", lastExit });
    }
    log.follow(container, instance.createdAt);
    this.#deps.observe(instance);
    if (this.#endedEarly.delete(container) || instance.state === "ended") void this.end(container);
  }

  async #settleEnd(container: string): Promise<void> {
    const { engine, clock } = this.#deps;
    const info = await engine.ask((docker) => docker.getContainer(container).inspect()).catch(nullIfGone);
    const before = this.#deps.find(container);
    if (!before) return;
    const log = this.#logOf(before, before.id);
    const lines = await log.finish(container, before.createdAt);
    // Started again by somebody, before it was looked at.
    if (info?.State.Running) return this.#deps.observe({ ...before, state: "running" });
    const instance = this.#deps.find(container) ?? before;
    const exit = info === null ? removedExit(clock.now()) : makeExit(info.State, lines);
    if (instance.state === "stopping") {
      log.note(clock.now(), exit.failure === null ? stoppedText(exit) : exitText(exit, instance.memoryLimitBytes));
      return this.#discard(instance);
    }
    log.note(clock.now(), exitText(exit, instance.memoryLimitBytes));
    if (info === null) return this.#lose(instance);
    this.#deps.state.setEnded(container, exit);
    this.#deps.observe({ ...instance, state: "exited", lastExit: exit, pid: null, memoryBytes: null });
  }

  async #discard(instance: DockerInstance): Promise<void> {
    await this.#remove(instance.container);
    this.#lose(instance);
  }

  #lose(instance: DockerInstance): void {
    this.drop(instance);
    this.#deps.lose(instance);
  }

  /** Removes a container with its volumes. */
  async #remove(container: string): Promise<void> {
    try {
      await this.#deps.engine.ask((docker) => docker.getContainer(container).remove({ force: true, v: true }));
    } catch (error) {
      // It is gone, or just being removed.
      if (!isRefusal(error, 404) && !isRefusal(error, 409)) throw error;
    }
  }

  /** Removes a container of ours that has a name which is needed: left by a server that ended before it could be known. */
  async #removeLeft(name: string): Promise<void> {
    const info = await this.#deps.engine.ask((docker) => docker.getContainer(name).inspect()).catch(nullIfGone);
    const isOurs = info?.Config.Labels[label.installation] === this.#deps.installation;
    if (info !== null && isOurs) await this.#remove(info.Id);
  }

  async #signal(container: string, signal: string): Promise<void> {
    try {
      await this.#deps.engine.ask((docker) => docker.getContainer(container).kill({ signal }));
    } catch (error) {
      if (refusalOf(error) === null) throw error;
      // It does not run any more.
      void this.end(container);
    }
  }

  async #killAt(container: string, deadline: number): Promise<void> {
    const { clock } = this.#deps;
    await clock.sleep(Math.max(0, deadline - clock.now()), this.#stopped.signal);
    if (this.#stopped.signal.aborted || this.#deps.find(container)?.state !== "stopping") return;
    await this.#signal(container, "SIGKILL").catch(() => {});
  }

  #read(info: ContainerInspectInfo): DockerInstance | null {
    const known = { ready: null, isStopping: false, exit: null };
    return makeDockerInstance(info, this.#deps.installation, known)?.instance ?? null;
  }

  #logOf(
    place: { app: string; environment: string; service: string; id: string; workload?: string },
    id: string,
  ): InstanceLog {
    const known = this.#logs.get(id);
    if (known) return known;
    const folder = logFolder(this.#deps.home, { ...place, id: place.workload ?? place.id });
    const log = new InstanceLog(this.#deps.engine, folder, id);
    this.#logs.set(id, log);
    return log;
  }

  /** Whether what a start needs was found missing, and is there when it is tried again. */
  #mayHelpAgain(error: unknown, workload: IdentifiedWorkload): boolean {
    if (isMissing(error, "image")) this.#deps.images.forget(workload.image);
    else if (isMissing(error, "network")) this.#deps.networks.forget(workload);
    else return isOverlap(error) || isRefusal(error, 409);
    return true;
  }
}

function nullIfGone(error: unknown): null {
  if (isRefusal(error, 404)) return null;
  throw error;
}

function removedExit(at: number): KnownExit {
  return { at, code: null, signal: null, outOfMemory: false, failure: "was removed by somebody else than Berth" };
}
