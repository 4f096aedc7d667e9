import { BerthError, toBerthError } from "@berth/core";
import type { IdentifiedWorkload, Log } from "@berth/core";
import { isRefusal, readLogFrames, refusalOf } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { makeExit } from "../instances/container-exit.ts";
import { exitText, stoppedText } from "../instances/exit-text.ts";
import type { KnownExit } from "../instances/known-instance.ts";
import type { ReadinessTarget } from "../instances/readiness.ts";
import type { InstanceHost, StartOrder } from "../instances/supervisor.ts";
import { CopiedLog } from "../logs/copied-log.ts";
import type { ReadContainer } from "../logs/copied-log.ts";
import { logFolder } from "../logs/log-folder.ts";
import { makeReadyLimits } from "./container-options.ts";
import { endOf, makeDockerInstance } from "./docker-instance.ts";
import type { DockerInstance } from "./docker-instance.ts";
import { listeningInside } from "./listening-inside.ts";
import type { PreparedContainers } from "./prepared/prepared-containers.ts";
import { removeContainer } from "./remove-container.ts";
import { startContainer } from "./start-container.ts";
import type { StartDeps, StartedContainer } from "./start-container.ts";
import type { StateFile } from "./state-file.ts";

export interface ContainersDeps extends StartDeps {
  home: string;
  state: StateFile;
  prepared: PreparedContainers;
  log: Log;
  /** An instance as it is known now. */
  find(container: string): DockerInstance | undefined;
  observe(instance: DockerInstance): void;
  lose(instance: DockerInstance): void;
}

const retryMs = 1_000;

/** The containers of instances: one for each start. */
export class Containers implements InstanceHost<DockerInstance> {
  readonly #deps: ContainersDeps;
  readonly #logs = new Map<string, CopiedLog>();
  readonly #starting = new Set<string>();
  /** Containers whose end is being looked into. */
  readonly #ending = new Set<string>();
  /** Containers that have ended before anything was known of them. */
  readonly #endedEarly = new Set<string>();
  readonly #stopped = new AbortController();
  /** By workload: since when an instance is on its way, though none was asked for yet. */
  readonly #expectedSince = new Map<string, number>();

  constructor(deps: ContainersDeps) {
    this.#deps = deps;
  }

  /** An instance of this workload is about to be asked for: what is brought for it from now on is part of its start. */
  expect(workload: string): void {
    this.#expectedSince.set(workload, this.#deps.clock.now());
  }

  nameFor({ id }: IdentifiedWorkload): string | null {
    return this.#deps.prepared.claim(id);
  }

  async start(workload: IdentifiedWorkload, order: StartOrder<DockerInstance>): Promise<void> {
    this.#starting.add(order.id);
    try {
      const since = this.#expectedSince.get(workload.id) ?? this.#deps.clock.now();
      this.#expectedSince.delete(workload.id);
      const prepared = this.#deps.prepared.takeClaimed(order.id);
      const started = await startContainer(this.#deps, workload, order, prepared);
      if (order.previous !== null) await removeContainer(this.#deps.engine, order.previous.container);
      const log = this.#logOf(workload, order.id);
      log.note(started.askedAt, order.restarts === 0 ? "started" : "started again");
      this.#begin(started, log, await this.#broughtSince(workload, since));
    } finally {
      this.#starting.delete(order.id);
    }
  }

  /** Instances that are being started: what is on the engine of them is not all that will be. */
  beingStarted(): ReadonlySet<string> {
    return new Set([...this.#starting, ...this.#deps.prepared.underWay()]);
  }

  async stop(instance: DockerInstance): Promise<void> {
    const { container, state } = instance;
    if (state === "exited") {
      await removeContainer(this.#deps.engine, container);
      return this.#lose(instance);
    }
    if (state === "stopping" || state === "ended") return;
    const deadline = this.#deps.clock.now() + instance.stopGraceMs;
    this.#deps.state.setStopping(container, deadline);
    this.#deps.observe({ ...instance, state: "stopping" });
    try {
      await this.#signal(container, instance.stopSignal);
    } catch (error) {
      // It was not asked: it is asked again, rather than killed unasked.
      const now = this.#deps.find(container);
      this.#deps.state.setStopping(container, null);
      if (now?.state === "stopping") this.#deps.observe({ ...now, state: "running" });
      throw error;
    }
    void this.#killAt(container, deadline);
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
        docker.getContainer(instance.container).update(makeReadyLimits(instance.cpuLimitMillis)),
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

  /** Looks into how a container has ended, and what follows. Never rejects: what could not be asked is asked again. */
  async end(container: string): Promise<void> {
    const instance = this.#deps.find(container);
    if (!instance) return void this.#endedEarly.add(container);
    if (this.#ending.has(container) || instance.state === "exited") return;
    this.#ending.add(container);
    // At once, so that nothing more is sent to it.
    if (instance.state === "running") this.#deps.observe({ ...instance, state: "ended" });
    while (!this.#stopped.signal.aborted) {
      const isSettled = await this.#settleEnd(container).then(() => true, this.#logEnd(container));
      if (isSettled) break;
      await this.#deps.clock.sleep(retryMs, this.#stopped.signal);
    }
    this.#ending.delete(container);
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

  /** When the image of a workload was brought to the engine; null where that was before. */
  async #broughtSince(workload: IdentifiedWorkload, since: number): Promise<DockerInstance["brought"]> {
    const image = await this.#deps.images.ready(workload).catch(() => null);
    return image?.brought && image.brought.at >= since ? image.brought : null;
  }

  /** Takes in a container that was started just now. */
  #begin({ info, failure }: StartedContainer, log: CopiedLog, brought: DockerInstance["brought"]): void {
    const made = makeDockerInstance(info, this.#deps.installation, { ready: null, isStopping: false, exit: null });
    if (made === null) throw new BerthError("runtime.failed", "A container was changed while it was started.");
    const instance = { ...made.instance, brought };
    if (failure !== null) {
      const at = this.#deps.clock.now();
      const lastExit: KnownExit = { at, code: null, signal: null, outOfMemory: false, failure };
      log.note(at, failure);
      this.#deps.state.setEnded(info.Id, lastExit);
      return this.#deps.observe({ ...instance, state: "exited", lastExit });
    }
    log.follow(info.Id, instance.createdAt);
    this.#deps.observe(instance);
    if (this.#endedEarly.delete(info.Id) || instance.state === "ended") void this.end(info.Id);
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
    const exit = info === null ? removedExit(clock.now()) : makeExit(endOf(info.State), lines);
    if (instance.state === "stopping") {
      await removeContainer(engine, container);
      log.note(clock.now(), exit.failure === null ? stoppedText(exit) : exitText(exit, instance.memoryLimitBytes));
      return this.#lose(instance);
    }
    log.note(clock.now(), exitText(exit, instance.memoryLimitBytes));
    if (info === null) return this.#lose(instance);
    this.#deps.state.setEnded(container, exit);
    this.#deps.observe({ ...instance, state: "exited", lastExit: exit, pid: null, memoryBytes: null });
  }

  #lose(instance: DockerInstance): void {
    this.drop(instance);
    this.#deps.lose(instance);
  }

  async #signal(container: string, signal: string): Promise<void> {
    try {
      await this.#deps.engine.ask((docker) => docker.getContainer(container).kill({ signal }));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      // It does not run any more. What refuses for another reason leaves it to its deadline.
      if (refusal.status === 404 || refusal.status === 409) void this.end(container);
    }
  }

  /** Kills what has not stopped by the deadline. */
  async #killAt(container: string, deadline: number): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stopped;
    await clock.sleep(Math.max(0, deadline - clock.now()), signal);
    while (!signal.aborted && this.#deps.find(container)?.state === "stopping") {
      await this.#signal(container, "SIGKILL").catch(() => {});
      await clock.sleep(retryMs, signal);
    }
  }

  #logEnd(container: string): (error: unknown) => false {
    return (error) => {
      const text = "The end of a container could not be looked into yet";
      this.#deps.log.debug({ error: toBerthError(error), container }, text);
      return false;
    };
  }

  #logOf(
    place: { app: string; environment: string; service: string; id: string; workload?: string },
    id: string,
  ): CopiedLog {
    const known = this.#logs.get(id);
    if (known) return known;
    const folder = logFolder(this.#deps.home, { ...place, id: place.workload ?? place.id });
    const log = new CopiedLog(readContainer(this.#deps.engine), folder, id);
    this.#logs.set(id, log);
    return log;
  }
}

function readContainer(engine: Engine): ReadContainer {
  return async (container, options) => {
    const frames = readLogFrames(engine, container, options);
    // Whether the container is there is known with the first of them.
    const first = await frames.next().catch(nullIfGone);
    return first === null ? null : from(first, frames);
  };
}

async function* from<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function nullIfGone(error: unknown): null {
  if (isRefusal(error, 404)) return null;
  throw error;
}

function removedExit(at: number): KnownExit {
  return { at, code: null, signal: null, outOfMemory: false, failure: "was removed by somebody else than Berth" };
}
