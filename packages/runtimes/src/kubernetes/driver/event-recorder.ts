import { refOf } from "@berth/cluster";
import type { Cluster, KubeObject, ObjectRef } from "@berth/cluster";
import type { Clock, Log, Random } from "@berth/core";
import { type BerthEvent, makeEvent, makeSeries } from "../objects/event.ts";
import { manager } from "./deps.ts";

export interface EventRecorderDeps {
  cluster: Pick<Cluster, "create" | "patch">;
  installation: string;
  clock: Clock;
  random: Random;
  log: Log;
}

/** The same again within this time is a repetition of the same event, as the cluster's own recorders have it. */
const seriesMs = 6 * 60_000;
/** Repetitions are told so often at most. */
const toldEveryMs = 10_000;
/** More than this waits for no cluster: older ones are told, newer ones are not. */
const waitingAtMost = 100;
const rememberedAtMost = 1_000;
/** About one object: so many at once, and after that one each so often. */
const burst = 25;
const refillMs = 30_000;

interface Known {
  event: ObjectRef;
  count: number;
  lastAt: number;
  toldAt: number;
  isTelling: boolean;
}

/** Tells on the cluster's objects what Berth has decided about them. Nobody waits for it, and nothing fails by it. */
export class EventRecorder {
  readonly #deps: EventRecorderDeps;
  readonly #known = new Map<string, Known>();
  readonly #allowances = new Map<string, { left: number; at: number }>();
  readonly #closing = new AbortController();
  #waiting: (() => Promise<void>)[] = [];
  #isSending = false;

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
  }

  /** About an object as it is on the cluster. */
  tell(object: KubeObject, told: BerthEvent): void {
    const uid = object.metadata.uid;
    if (uid === undefined || this.#closing.signal.aborted) return;
    const now = this.#deps.clock.now();
    const key = JSON.stringify([uid, told.reason, told.action, told.isWarning, told.note]);
    const known = this.#known.get(key);
    if (known !== undefined && now - known.lastAt < seriesMs) return this.#repeat(known, now);
    if (!this.#isAllowed(uid, now)) return;
    const { random, installation } = this.#deps;
    const name = `${object.metadata.name}.${Buffer.from(random.bytes(8)).toString("hex")}`;
    const namespace = object.metadata.namespace ?? object.metadata.name;
    const regarding = { ...refOf(object), uid };
    const event = makeEvent(told, { regarding, namespace, name, instance: `berth-${installation}`, at: now });
    this.#remember(key, { event: refOf(event), count: 1, lastAt: now, toldAt: now, isTelling: false });
    this.#send(async () => void (await this.#deps.cluster.create(event, this.#options())));
  }

  close(): void {
    this.#closing.abort(new Error("events are told no more"));
    this.#waiting = [];
  }

  #repeat(known: Known, now: number): void {
    known.count += 1;
    known.lastAt = now;
    if (!known.isTelling) void this.#tellSeries(known);
  }

  /** Those that come in the meantime are told with it. */
  async #tellSeries(known: Known): Promise<void> {
    const { clock, cluster } = this.#deps;
    known.isTelling = true;
    await clock.sleep(known.toldAt + toldEveryMs - clock.now(), this.#closing.signal);
    known.isTelling = false;
    known.toldAt = clock.now();
    const series = makeSeries(known.count, known.lastAt);
    this.#send(async () => void (await cluster.patch(known.event, series, this.#options())));
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= rememberedAtMost) return;
      this.#known.delete(oldest);
    }
  }

  #isAllowed(uid: string, now: number): boolean {
    const { left, at } = this.#allowances.get(uid) ?? { left: burst, at: now };
    const allowance = Math.min(burst, left + (now - at) / refillMs);
    this.#allowances.delete(uid);
    this.#allowances.set(uid, { left: Math.max(0, allowance - 1), at: now });
    for (const oldest of this.#allowances.keys()) {
      if (this.#allowances.size <= rememberedAtMost) break;
      this.#allowances.delete(oldest);
    }
    return allowance >= 1;
  }

  #send(call: () => Promise<void>): void {
    if (this.#waiting.length >= waitingAtMost) return;
    this.#waiting.push(call);
    if (!this.#isSending) void this.#sendAll();
  }

  /** One at a time: what is to be done comes first. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      await call().catch((error: unknown) => this.#deps.log.debug({ err: error }, "an event could not be told"));
    }
    this.#isSending = false;
  }

  #options(): { manager: string; signal: AbortSignal } {
    return { manager: manager.deployer, signal: this.#closing.signal };
  }
}
