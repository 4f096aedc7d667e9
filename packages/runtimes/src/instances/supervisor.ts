import { isTask, toBerthError } from "@berth/core";
import type { BerthError, Clock, IdentifiedWorkload, InstanceMarks, Log, Random } from "@berth/core";
import type { KnownInstance } from "./known-instance.ts";
import { Probes } from "./probes.ts";
import type { Found } from "./probes.ts";
import type { ReadinessTarget } from "./readiness.ts";
import { durationText } from "./reasons.ts";
import { decideInstances, decideRestart, decideRun } from "./supervise.ts";
import type { InstanceAction, SupervisedInstance } from "./supervise.ts";

/** An instance to start. */
export interface StartOrder<I extends KnownInstance> {
  id: string;
  /** What was in its place and has exited; null for a new one. */
  previous: I | null;
  restarts: number;
  failures: number;
}

/** What a runtime does for the supervisors of its workloads. */
export interface InstanceHost<I extends KnownInstance> {
  /** The name of an instance that this host has something ready for; null, or missing, where any will do. */
  nameFor?(workload: IdentifiedWorkload): string | null;
  /** Starts an instance. The supervisor was told of it when this resolves. */
  start(workload: IdentifiedWorkload, order: StartOrder<I>): Promise<void>;
  /** Asks an instance to stop; the supervisor is told when it is gone. */
  stop(instance: I): Promise<void>;
  /** Adds a line of Berth's own to the log of an instance. */
  note(instance: I, text: string): Promise<void>;
  /** Remembers for the next server that an instance is ready. */
  markReady(instance: I, at: number, host: string | null): Promise<void>;
  /** How to ask a running instance whether it is ready; null where there is nothing to ask. */
  targetOf(instance: I): ReadinessTarget | null;
}

export interface SupervisorDeps<I extends KnownInstance> {
  host: InstanceHost<I>;
  clock: Clock;
  random: Random;
  log: Log;
  workerReadyAfterMs: number;
  onChange(): void;
}

const retryMs = 1_000;

/** Keeps one workload at its number of instances: a level-triggered loop that looks, decides and acts, one pass at a time. */
export class Supervisor<I extends KnownInstance> {
  readonly workload: IdentifiedWorkload;
  readonly instances = new Map<string, I>();
  replicas = 0;
  /** Why the last pass could not do all it wanted. */
  failure: BerthError | null = null;
  /** An instance of it has been there. */
  hasBegun = false;
  readonly #deps: SupervisorDeps<I>;
  readonly #probes: Probes;
  readonly #noted = new Map<string, number>();
  /** When each instance was last started, by this server. */
  readonly #asked = new Map<string, number>();
  readonly #stopped = new AbortController();
  #pass: Promise<void> | null = null;
  #isDirty = false;
  #alarm: AbortController | null = null;

  constructor(workload: IdentifiedWorkload, deps: SupervisorDeps<I>) {
    this.workload = workload;
    this.#deps = deps;
    this.#probes = new Probes({
      ...deps,
      health: workload.health,
      onReady: (id, at, host) => this.#ready(id, at, host),
      onReason: () => deps.onChange(),
    });
  }

  /** Why an instance is not ready, as far as that is known. */
  foundOf(id: string): Found {
    return this.#probes.foundOf(id);
  }

  /** How the start of an instance went; undefined where an earlier server has started it. */
  marksOf({ id, startedAt, brought }: Pick<I, "id" | "startedAt" | "brought">): InstanceMarks | undefined {
    const askedAt = this.#asked.get(id);
    if (askedAt === undefined) return undefined;
    const marks = { askedAt, startedAt, listeningAt: this.#probes.listeningAt(id) };
    // It may have been brought for it just before an instance was asked for.
    return brought ? { ...marks, askedAt: Math.min(askedAt, brought.from), pulledAt: brought.at } : marks;
  }

  /** Since when an instance is asked for that is not there yet; null where there is none such. */
  get askedAt(): number | null {
    const missing = [...this.#asked].filter(([id]) => !this.instances.has(id)).map(([, at]) => at);
    return missing.length === 0 ? null : Math.min(...missing);
  }

  /** Takes an instance as its host now knows it. */
  observe(instance: I): void {
    this.hasBegun = true;
    this.instances.set(instance.id, instance);
    this.#probes.observe(instance, String(instance.startedAt), () => this.#deps.host.targetOf(instance));
    this.#deps.onChange();
    void this.settle();
  }

  lose(id: string): void {
    this.instances.delete(id);
    this.#asked.delete(id);
    this.#noted.delete(id);
    this.#probes.lose(id);
    this.#deps.onChange();
    void this.settle();
  }

  /** Resolves when a pass that began after this call has ended. Never rejects: what failed is tried again. */
  async settle(): Promise<void> {
    this.#isDirty = true;
    while (this.#pass) await this.#pass;
    if (!this.#isDirty || this.#stopped.signal.aborted) return;
    this.#isDirty = false;
    this.#pass = this.#runPass().finally(() => (this.#pass = null));
    await this.#pass;
  }

  /** Ends the loop and the probes; the instances go on. */
  close(): void {
    this.#stopped.abort();
    this.#alarm?.abort();
    this.#probes.close();
  }

  async #runPass(): Promise<void> {
    const { clock, log } = this.#deps;
    // What is told in one breath, all instances after a restart above all, is decided about together.
    await Promise.resolve();
    this.#alarm?.abort();
    const observed = [...this.instances.values()].map(supervisedOf);
    const { actions, lookAgainAt } = isTask(this.workload)
      ? decideRun(this.replicas, observed, this.hasBegun)
      : decideInstances(this.replicas, observed, clock.now());
    if (!isTask(this.workload)) this.#notePauses(observed);
    const results = await Promise.allSettled(actions.map((action) => this.#apply(action)));
    if (this.#stopped.signal.aborted) return;
    const failed = results.find((result) => result.status === "rejected");
    this.failure = failed ? toBerthError(failed.reason) : null;
    if (this.failure) {
      const { app, environment, service, id } = this.workload;
      log.warn(
        { app, environment, service, workload: id, error: this.failure },
        "Instances could not be started or stopped; trying again",
      );
    }
    const again = failed ? clock.now() + retryMs : lookAgainAt;
    if (again !== null) void this.#settleAt(again);
  }

  async #settleAt(at: number): Promise<void> {
    const alarm = new AbortController();
    this.#alarm = alarm;
    await this.#deps.clock.sleep(Math.max(0, at - this.#deps.clock.now()), alarm.signal);
    if (!alarm.signal.aborted) await this.settle();
  }

  async #apply(action: InstanceAction): Promise<void> {
    const instance = action.kind === "start" ? undefined : this.instances.get(action.id);
    if (action.kind === "stop") return instance && this.#stop(instance);
    const previous = instance ?? null;
    const id = previous?.id ?? this.#newId();
    this.#probes.lose(id);
    this.#asked.set(id, this.#deps.clock.now());
    try {
      await this.#deps.host.start(this.workload, {
        id,
        previous,
        restarts: previous ? previous.restarts + 1 : 0,
        failures: action.kind === "restart" ? action.failures : 0,
      });
    } catch (error) {
      this.#asked.delete(id);
      throw error;
    }
  }

  async #stop(instance: I): Promise<void> {
    this.#probes.lose(instance.id);
    await this.#deps.host.stop(instance);
  }

  #newId(): string {
    // One run, one name: where it is taken, it was started before.
    if (isTask(this.workload)) return runName(this.workload);
    return this.#deps.host.nameFor?.(this.workload) ?? instanceName(this.workload, this.#deps.random);
  }

  /** Says once per crash, in the instance's log, when it will be started again. */
  #notePauses(observed: readonly SupervisedInstance[]): void {
    const now = this.#deps.clock.now();
    for (const one of observed) {
      if (one.state !== "exited" || one.exitedAt === null || this.replicas === 0) continue;
      const { at } = decideRestart(one);
      const instance = this.instances.get(one.id);
      if (at <= now || !instance || this.#noted.get(one.id) === one.exitedAt) continue;
      this.#noted.set(one.id, one.exitedAt);
      void this.#deps.host.note(instance, `restarting in ${durationText(at - one.exitedAt)}`).catch(() => {});
    }
  }

  #ready(id: string, at: number, host: string | null): void {
    const instance = this.instances.get(id);
    if (instance === undefined) return;
    const ready = { ...instance, readyAt: at, host };
    this.instances.set(id, ready);
    this.#deps.onChange();
    // Only for the next server: that this one knows is enough to go on.
    this.#deps.host.markReady(ready, at, host).catch(() => {});
  }
}

/** A new name for an instance. */
export function instanceName({ service, id }: Pick<IdentifiedWorkload, "service" | "id">, random: Random): string {
  return `${service}-${id.slice(0, 6)}-${Buffer.from(random.bytes(4)).toString("hex")}`;
}

/** The name of the one instance of a task. */
export function runName({ service, id }: Pick<IdentifiedWorkload, "service" | "id">): string {
  return `${service}-run-${id.slice(0, 12)}`;
}

function stateOf({ state }: KnownInstance, isReady: boolean): SupervisedInstance["state"] {
  if (state === "running") return isReady ? "ready" : "starting";
  return state === "ended" ? "ending" : state;
}

export function supervisedOf(instance: KnownInstance): SupervisedInstance {
  const isReady = instance.state === "running" && instance.readyAt !== null;
  return {
    id: instance.id,
    state: stateOf(instance, isReady),
    startedAt: instance.startedAt,
    readyAt: instance.readyAt,
    failures: instance.failures,
    exitedAt: instance.lastExit?.at ?? null,
  };
}
