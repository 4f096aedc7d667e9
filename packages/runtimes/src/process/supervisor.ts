import { BerthError, toBerthError } from "@berth/core";
import type { Clock, HealthCheck, IdentifiedWorkload, Log, Random } from "@berth/core";
import { join } from "node:path";
import { decideInstances, decideRestart } from "../supervise.ts";
import type { InstanceAction, SupervisedInstance } from "../supervise.ts";
import type { KeeperCommand, KeptInstance } from "./keeper/protocol.ts";
import { makeInstanceSpec } from "./instance-spec.ts";
import type { UnpackedImage } from "./instance-spec.ts";
import { logFolder } from "./paths.ts";
import { durationText } from "./reasons.ts";
import { untilReady } from "./readiness.ts";

export interface SupervisorDeps {
  home: string;
  instancesFolder: string;
  clock: Clock;
  random: Random;
  log: Log;
  node: string;
  workerReadyAfterMs: number;
  unpack(image: IdentifiedWorkload["image"]): Promise<UnpackedImage>;
  allocatePort(): Promise<number>;
  isPortFree(port: number): Promise<boolean>;
  /** The keeper, whichever it is at the moment. */
  request(request: KeeperCommand): Promise<void>;
  onChange(): void;
}

const retryMs = 1_000;

/** Keeps one workload at its number of instances: a level-triggered loop that looks, decides and acts, one pass at a time. */
export class Supervisor {
  readonly workload: IdentifiedWorkload;
  readonly instances = new Map<string, KeptInstance>();
  /** Why an instance is not ready, by its id. */
  readonly reasons = new Map<string, string>();
  replicas = 0;
  /** Why the last pass could not do all it wanted. */
  failure: BerthError | null = null;
  readonly #deps: SupervisorDeps;
  readonly #probes = new Map<string, { startedAt: number; abort: AbortController }>();
  readonly #noted = new Map<string, number>();
  readonly #stopped = new AbortController();
  #pass: Promise<void> | null = null;
  #isDirty = false;
  #alarm: AbortController | null = null;

  constructor(workload: IdentifiedWorkload, deps: SupervisorDeps) {
    this.workload = workload;
    this.#deps = deps;
  }

  /** Looks at an instance that the keeper tells of. */
  observe(instance: KeptInstance): void {
    this.instances.set(instance.id, instance);
    this.#probe(instance);
    this.#deps.onChange();
    void this.settle();
  }

  lose(id: string): void {
    this.instances.delete(id);
    this.reasons.delete(id);
    this.#noted.delete(id);
    this.#endProbe(id);
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
    for (const id of this.#probes.keys()) this.#endProbe(id);
  }

  async #runPass(): Promise<void> {
    const { clock, log } = this.#deps;
    // What the keeper tells in one breath, all instances after a restart above all, is decided about together.
    await Promise.resolve();
    this.#alarm?.abort();
    const observed = [...this.instances.values()].map(supervisedOf);
    const { actions, lookAgainAt } = decideInstances(this.replicas, observed, clock.now());
    this.#notePauses(observed);
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
    if (action.kind === "stop") return this.#stop(action.id);
    const previous = action.kind === "restart" ? this.instances.get(action.id) : undefined;
    const image = await this.#deps.unpack(this.workload.image);
    const keepsPort = previous !== undefined && (await this.#deps.isPortFree(previous.port));
    const id = previous?.id ?? this.#newId();
    const spec = makeInstanceSpec(
      this.workload,
      image,
      {
        id,
        port: keepsPort ? previous.port : await this.#deps.allocatePort(),
        folder: join(this.#deps.instancesFolder, id),
        logFile: join(logFolder(this.#deps.home, this.workload), `${id}.log`),
        restarts: previous ? previous.restarts + 1 : 0,
        failures: action.kind === "restart" ? action.failures : 0,
      },
      this.#deps.node,
    );
    this.reasons.delete(id);
    // Its event comes before the answer, so the next pass knows of it.
    await this.#deps.request({ type: "start", spec });
  }

  async #stop(id: string): Promise<void> {
    this.#endProbe(id);
    await this.#deps.request({ type: "stop", instance: id });
  }

  #newId(): string {
    const suffix = Buffer.from(this.#deps.random.bytes(4)).toString("hex");
    return `${this.workload.service}-${this.workload.id.slice(0, 6)}-${suffix}`;
  }

  /** Says once per crash, in the instance's log, when it will be started again. */
  #notePauses(observed: readonly SupervisedInstance[]): void {
    const now = this.#deps.clock.now();
    for (const instance of observed) {
      if (instance.state !== "exited" || instance.exitedAt === null || this.replicas === 0) continue;
      const { at } = decideRestart(instance);
      if (at <= now || this.#noted.get(instance.id) === instance.exitedAt) continue;
      this.#noted.set(instance.id, instance.exitedAt);
      const text = `restarting in ${durationText(at - instance.exitedAt)}`;
      void this.#deps.request({ type: "note", instance: instance.id, text }).catch(() => {});
    }
  }

  /** Watches over a starting instance until it is ready. */
  #probe(instance: KeptInstance): void {
    const isWanted = instance.state === "running" && instance.readyAt === null && instance.pid !== null;
    const current = this.#probes.get(instance.id);
    if (isWanted && current?.startedAt === instance.startedAt) return;
    this.#endProbe(instance.id);
    if (!isWanted || this.#stopped.signal.aborted) return;
    const abort = new AbortController();
    this.#probes.set(instance.id, { startedAt: instance.startedAt, abort });
    void this.#waitUntilReady(instance, this.workload.health, abort.signal);
  }

  async #waitUntilReady(instance: KeptInstance, health: HealthCheck | null, signal: AbortSignal): Promise<void> {
    const { id } = instance;
    const onReason = (reason: string) => {
      if (signal.aborted || this.reasons.get(id) === reason) return;
      this.reasons.set(id, reason);
      this.#deps.onChange();
    };
    const host = await untilReady(instance, health, this.#deps, onReason, signal);
    if (host === undefined || signal.aborted) return;
    const at = this.#deps.clock.now();
    this.reasons.delete(id);
    this.instances.set(id, { ...instance, ...this.instances.get(id), readyAt: at, host });
    this.#probes.delete(id);
    this.#deps.onChange();
    // Only for the next server: that this one knows is enough to go on.
    await this.#deps.request({ type: "ready", instance: id, at, host }).catch(() => {});
  }

  #endProbe(id: string): void {
    this.#probes.get(id)?.abort.abort();
    this.#probes.delete(id);
  }
}

export function supervisedOf(instance: KeptInstance): SupervisedInstance {
  const isReady = instance.state === "running" && instance.readyAt !== null;
  return {
    id: instance.id,
    state: instance.state === "running" ? (isReady ? "ready" : "starting") : instance.state,
    startedAt: instance.startedAt,
    readyAt: instance.readyAt,
    failures: instance.failures,
    exitedAt: instance.lastExit?.at ?? null,
  };
}

export function unknownWorkload(id: string): BerthError {
  return new BerthError("workload.not-found", `The workload ${id} is not known to the process runtime.`, {
    path: id,
    hint: "Ensure it first; a deploy does so by itself.",
  });
}
