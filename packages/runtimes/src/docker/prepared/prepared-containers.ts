import { isTask, toBerthError } from "@berth/core";
import type { IdentifiedWorkload, Log, Scope } from "@berth/core";
import type { KnownInstance } from "../../instances/known-instance.ts";
import type { Supervisor } from "../../instances/supervisor.ts";
import { removeContainer } from "../remove-container.ts";
import { isCurrent, prepareContainer } from "../start-container.ts";
import type { StartDeps } from "../start-container.ts";
import { removeAsleep, writeAsleep } from "./asleep-file.ts";
import { choosePrepared } from "./choose-prepared.ts";
import type { PreparedContainer } from "./prepared-container.ts";

type Known = Pick<Supervisor<KnownInstance>, "workload" | "replicas" | "instances">;

export interface PreparedContainersDeps {
  home: string;
  installation: string;
  log: Log;
  /** What containers are made with. */
  starts: StartDeps;
  /** So many are kept at most. */
  max: number;
  /** So long after a change what sleeps is looked at: what is on its way to another state has got there. */
  afterMs: number;
  workloads(): Iterable<Known>;
  nameFor(workload: IdentifiedWorkload): string;
}

/**
 * Keeps a container for each service that sleeps, made and not started, so that a wake only has to start it. It costs no process and no memory, but
 * its place on the disk and the network of its environment.
 */
export class PreparedContainers {
  readonly #deps: PreparedContainersDeps;
  /** By workload. */
  readonly #known = new Map<string, PreparedContainer>();
  /** By the name of the instance that it becomes. */
  readonly #claimed = new Map<string, PreparedContainer>();
  /** By the name of the instance that it is for. */
  readonly #making = new Map<string, IdentifiedWorkload>();
  readonly #times = new Map<string, { wokenAt: number; sleptAt: number }>();
  readonly #stopped = new AbortController();
  #pass: Promise<void> | null = null;
  #isDirty = false;
  #written = "";

  constructor(deps: PreparedContainersDeps) {
    this.#deps = deps;
  }

  /** A workload runs from now on, or does no longer. */
  turned(id: string, isAwake: boolean): void {
    const { wokenAt = 0, sleptAt = 0 } = this.#times.get(id) ?? {};
    const now = this.#deps.starts.clock.now();
    this.#times.set(id, isAwake ? { wokenAt: now, sleptAt } : { wokenAt, sleptAt: now });
    this.lookSoon();
  }

  /** The name of the instance that the workload's container becomes now; null where none was made. */
  claim(workload: string): string | null {
    const prepared = this.#known.get(workload);
    if (prepared === undefined) return null;
    this.#known.delete(workload);
    this.#claimed.set(prepared.instance, prepared);
    return prepared.instance;
  }

  /** The container of an instance that was claimed. */
  takeClaimed(instance: string): PreparedContainer | null {
    const prepared = this.#claimed.get(instance) ?? null;
    this.#claimed.delete(instance);
    return prepared;
  }

  /** Names of instances whose containers are being made, or claimed and not started yet: what is on the engine of them is known. */
  underWay(): string[] {
    return [...this.#making.keys(), ...this.#claimed.keys()];
  }

  has(container: string): boolean {
    return this.containers().has(container);
  }

  containers(): Set<string> {
    return new Set([...this.#known.values()].map(({ container }) => container));
  }

  uses({ app, environment }: Scope): boolean {
    const prepared = [...this.#known.values(), ...this.#claimed.values()].map(({ workload }) => workload);
    return [...prepared, ...this.#making.values()].some(
      (workload) => workload.app === app && workload.environment === environment,
    );
  }

  /** Takes one that is on the engine. False where there is one for its workload. */
  adopt(prepared: PreparedContainer): boolean {
    const { workload, createdAt } = prepared;
    if (this.#known.has(workload.id)) return false;
    this.#known.set(workload.id, prepared);
    if (!this.#times.has(workload.id)) this.#times.set(workload.id, { wokenAt: createdAt, sleptAt: createdAt });
    return true;
  }

  /** One is no more, or was started by somebody else. */
  forget(container: string): void {
    for (const [id, prepared] of this.#known) if (prepared.container === container) this.#known.delete(id);
    this.lookSoon();
  }

  /** Removes what was made for a workload, which is to be forgotten. */
  async drop(id: string): Promise<void> {
    this.#times.delete(id);
    const prepared = this.#known.get(id);
    if (prepared !== undefined) await this.#discard(prepared);
    this.lookSoon();
  }

  /** Makes what is missing and removes what is not needed, a moment from now. */
  lookSoon(): void {
    this.#isDirty = true;
    if (this.#stopped.signal.aborted) return;
    this.#pass ??= this.#runPasses().finally(() => (this.#pass = null));
  }

  /** Leaves on the engine what is there. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#pass;
  }

  /** There is nothing to start without the server any more. */
  removeFile(): void {
    removeAsleep(this.#deps.home);
  }

  async #runPasses(): Promise<void> {
    const { starts, log, afterMs } = this.#deps;
    while (this.#isDirty) {
      await starts.clock.sleep(afterMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      this.#isDirty = false;
      await this.#keep().catch((error: unknown) => {
        log.debug({ error: toBerthError(error) }, "The containers of what sleeps could not be looked at");
      });
    }
  }

  async #keep(): Promise<void> {
    const { log, starts } = this.#deps;
    const wanted = this.#choose();
    for (const prepared of this.#known.values()) {
      // What cannot be told stays: it is looked at again before it is started.
      const isGood = wanted.has(prepared.workload.id) && (await isCurrent(starts, prepared).catch(() => true));
      if (!isGood && this.#isKnown(prepared)) await this.#discard(prepared);
    }
    for (const [id, workload] of wanted) {
      if (this.#stopped.signal.aborted) return;
      if (this.#known.has(id)) continue;
      await this.#make(workload).catch((error: unknown) => {
        const { app, environment, service } = workload;
        const fields = { app, environment, service, error: toBerthError(error) };
        log.debug(fields, "No container could be made ahead; one is made when it is asked for");
      });
    }
    this.#write();
  }

  #choose(): Map<string, IdentifiedWorkload> {
    const known = [...this.#deps.workloads()].filter(({ workload }) => !isTask(workload) && workload.health !== null);
    const sleepers = known.map(({ workload, replicas, instances }) => ({
      id: workload.id,
      place: `${workload.app}/${workload.environment}/${workload.service}`,
      isAsleep: replicas === 0 && instances.size === 0,
      ...(this.#times.get(workload.id) ?? { wokenAt: 0, sleptAt: 0 }),
    }));
    const chosen = new Set(choosePrepared(sleepers, this.#deps.max));
    return new Map(
      known.flatMap(({ workload }) => (chosen.has(workload.id) ? [[workload.id, workload] as const] : [])),
    );
  }

  async #make(workload: IdentifiedWorkload): Promise<void> {
    const instance = this.#deps.nameFor(workload);
    this.#making.set(instance, workload);
    try {
      const prepared = await prepareContainer(this.#deps.starts, workload, instance);
      // It may have been woken meanwhile, with a container of its own.
      if (this.#stopped.signal.aborted || this.#choose().has(workload.id)) this.#known.set(workload.id, prepared);
      else await this.#discard(prepared);
    } finally {
      this.#making.delete(instance);
    }
  }

  #isKnown({ workload, container }: PreparedContainer): boolean {
    return this.#known.get(workload.id)?.container === container;
  }

  async #discard(prepared: PreparedContainer): Promise<void> {
    if (this.#isKnown(prepared)) this.#known.delete(prepared.workload.id);
    const { engine, networks } = this.#deps.starts;
    await removeContainer(engine, prepared.container);
    networks.release(prepared.workload);
  }

  #write(): void {
    const { home, installation, log } = this.#deps;
    const containers = Object.fromEntries([...this.#known].map(([id, { container }]) => [id, container]));
    const text = JSON.stringify(containers);
    if (text === this.#written) return;
    try {
      writeAsleep(home, { installation, containers });
      this.#written = text;
    } catch (error) {
      log.warn({ err: error }, "What can be woken without the server could not be written down");
    }
  }
}
