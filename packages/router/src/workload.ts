import { loadStirsAfterMs, type RoutedWorkload, type WorkloadLoad } from "@berth/core";
import { Instance } from "./instance.ts";
import type { Outcome } from "./instance-health.ts";
import type { ConnectionsOptions } from "./upstream/connections.ts";
import { RequestStats } from "./stats.ts";
import { Requesters } from "./requesters.ts";
import { WakeGuard } from "./wake-guard.ts";

/** Up to this many instances the least loaded one is looked for among all. */
const exactUpTo = 8;

export interface WorkloadOptions extends ConnectionsOptions {
  /** Others take requests for the same instances: of those with a limit only what was allotted is used. */
  sharesSlots: boolean;
  /** Called as `RouterPort.watch` has it. */
  stirs(workload: string): void;
  /** Told after each request that has left. */
  hasLeft?(workload: Workload): void;
}

/** A workload as the router sees it: what the table last said of it, and its load. It outlives its place in the table until its last request has ended. */
export class Workload {
  readonly id: string;
  /** What the newest table that has it says. */
  routed: RoutedWorkload;
  /** Requests being served or waiting. */
  inFlight = 0;
  /** When a request last came or ended. */
  lastRequestAt: number | null = null;
  readonly stats = new RequestStats();
  /** Who asks for it, where it may sleep. */
  requesters: Requesters | null = null;
  readonly wakeGuard = new WakeGuard();
  readonly #instances = new Map<string, Instance>();
  readonly #options: WorkloadOptions;
  #requests = 0;
  #busyMs = 0;
  #countedAt = 0;
  #open: Instance[] = [];
  #quotas: ReadonlyMap<string, number> = new Map();
  /** Nothing else has divided its slots for long: one of each instance is used where it has none. */
  #isAlone = false;
  #turn = 0;
  /** Until then some instance rests, or has begun a short while ago. */
  #unevenUntil = 0;

  constructor(routed: RoutedWorkload, now: number, options: WorkloadOptions) {
    this.id = routed.id;
    this.#options = options;
    this.routed = routed;
    this.#settleInstances(now);
  }

  update(routed: RoutedWorkload, now: number): void {
    if (routed === this.routed) return;
    this.routed = routed;
    this.#settleInstances(now);
  }

  /** The table no longer has it. */
  retire(now: number): void {
    this.update({ ...this.routed, instances: [] }, now);
  }

  /** Whether instances take only so many requests at once. */
  get isLimited(): boolean {
    return this.routed.concurrency !== null;
  }

  /** Whether there are instances, be they full. */
  get hasInstances(): boolean {
    return this.#open.length > 0;
  }

  /** How many requests may be at each instance from now on, by its id. */
  allot(quotas: ReadonlyMap<string, number>): void {
    this.#quotas = quotas;
    this.#setQuotas();
  }

  standAlone(isAlone: boolean): void {
    this.#isAlone = isAlone;
    this.#setQuotas();
  }

  /** What of its slots is this router's, with what is in use beyond that. */
  slots(): { held: ReadonlyMap<string, number>; used: number } {
    const held = new Map<string, number>();
    let used = 0;
    for (const { id, inFlight, quota } of this.#instances.values()) {
      held.set(id, (held.get(id) ?? 0) + Math.max(inFlight, Math.min(quota, this.routed.concurrency ?? 0)));
      used += inFlight;
    }
    return { held, used };
  }

  /** The instance for the next request, not `avoid` where there is another; null where there is none, or none that takes more. */
  choose(random: (below: number) => number, avoid: Instance | null, now: number): Instance | null {
    const open = this.#open;
    if (open.length <= 1) {
      const [only] = open;
      return only === undefined || only.isFull ? null : only;
    }
    const isEven = now >= this.#unevenUntil;
    const ofTwo = open.length > exactUpTo && isEven ? this.#lessOfTwo(random, avoid) : null;
    return ofTwo ?? this.#least(avoid, now) ?? this.#anyOpen();
  }

  /** How an instance took a request. Returns for how long (ms) it is left out from now on, or null. */
  saw(instance: Instance, outcome: Outcome, now: number): number | null {
    if (!instance.health.saw(outcome) || !this.#maySpare(instance, outcome, now)) return null;
    const until = instance.health.rest(now);
    this.#unevenUntil = Math.max(this.#unevenUntil, until);
    return until - now;
  }

  /** A request has come. */
  enter(now: number): void {
    this.#count(now);
    this.#requests++;
    this.inFlight++;
    this.#change(now);
  }

  /** A request has ended, or is another workload's now. */
  leave(now: number): void {
    this.#count(now);
    this.inFlight--;
    this.#change(now);
    this.#options.hasLeft?.(this);
  }

  load(now: number): WorkloadLoad {
    this.#count(now);
    const instances = new Map<string, number>();
    for (const instance of this.#instances.values())
      instances.set(instance.id, instance.inFlight + (instances.get(instance.id) ?? 0));
    const { inFlight, lastRequestAt } = this;
    const counter = { router: "", requests: this.#requests, busyMs: this.#busyMs, inFlight, at: now };
    return { inFlight, lastRequestAt, instances, counters: [counter] };
  }

  /** Forgets an instance whose last request has ended and that takes no more. */
  release(instance: Instance): void {
    if (instance.inFlight > 0 || this.#open.includes(instance)) return;
    for (const [key, other] of this.#instances) if (other === instance) this.#instances.delete(key);
  }

  /** Never more than half of them rest. Where all give errors it is the app that does, and none of its instances. */
  #maySpare(instance: Instance, outcome: Outcome, now: number): boolean {
    const others = this.#open.filter((other) => other !== instance && !other.health.rests(now));
    const resting = this.#open.length - others.length;
    if (!this.#open.includes(instance) || resting > this.#open.length / 2) return false;
    return outcome === "unreached" || others.some(({ health }) => health.isGood);
  }

  /** What is in flight has been so since it was counted last. A clock that was set back takes nothing away. */
  #count(now: number): void {
    if (now > this.#countedAt) this.#busyMs += this.inFlight * (now - this.#countedAt);
    this.#countedAt = now;
  }

  #change(now: number): void {
    const hasRested = now - (this.lastRequestAt ?? 0) >= loadStirsAfterMs;
    this.lastRequestAt = now;
    if (hasRested) this.#options.stirs(this.id);
  }

  /**
   * Begins one place further each time, so that equally loaded instances take turns. Those that rest get nothing, and those that have begun a short
   * while ago less than the others.
   */
  #least(avoid: Instance | null, now: number): Instance | null {
    const open = this.#open;
    const start = this.#turn++ % open.length;
    let best: Instance | null = null;
    let least = Infinity;
    for (let step = 0; step < open.length; step++) {
      const instance = open[(start + step) % open.length];
      if (instance === undefined || instance === avoid || instance.isFull || instance.health.rests(now)) continue;
      const load = (instance.inFlight + 1) / instance.weight(now);
      if (load >= least) continue;
      least = load;
      best = instance;
    }
    return best;
  }

  /** Better one that rests, or has failed this very request, than none. */
  #anyOpen(): Instance | null {
    return this.#open.find(({ isFull }) => !isFull) ?? null;
  }

  /** The power of two choices (Mitzenmacher 2001): nearly as even as the exact least, in constant time. Null where neither takes more. */
  #lessOfTwo(random: (below: number) => number, avoid: Instance | null): Instance | null {
    const open = this.#open;
    const first = random(open.length);
    const second = (first + 1 + random(open.length - 1)) % open.length;
    const [a, b] = [open[first], open[second]];
    if (a === undefined || b === undefined) return null;
    if (a === avoid || a.isFull) return b === avoid || b.isFull ? null : b;
    return b === avoid || b.isFull || a.inFlight <= b.inFlight ? a : b;
  }

  #settleInstances(now: number): void {
    if (this.routed.sleeps !== true) this.requesters = null;
    else this.requesters ??= new Requesters();
    const open: Instance[] = [];
    const hadOpen = this.#open.length > 0;
    for (const routed of this.routed.instances) {
      if (routed.draining) continue;
      const key = `${routed.id} ${routed.endpoint.host}:${routed.endpoint.port}`;
      let instance = this.#instances.get(key);
      if (instance === undefined) {
        instance = new Instance(routed, this.#options);
        // Where there are no others there is nothing to spare it for.
        if (hadOpen) this.#unevenUntil = Math.max(this.#unevenUntil, instance.beginSlowly(now));
      }
      instance.connections.restore();
      this.#instances.set(key, instance);
      open.push(instance);
    }
    this.#open = open;
    for (const instance of this.#instances.values()) {
      if (open.includes(instance)) continue;
      instance.connections.retire();
      this.release(instance);
    }
    this.#setQuotas();
  }

  #setQuotas(): void {
    const { concurrency } = this.routed;
    const open = new Set(this.#open);
    for (const instance of this.#instances.values()) {
      if (concurrency === null) instance.quota = Infinity;
      else if (!open.has(instance)) instance.quota = 0;
      else if (!this.#options.sharesSlots) instance.quota = concurrency;
      else instance.quota = Math.max(this.#quotas.get(instance.id) ?? 0, this.#isAlone ? 1 : 0);
    }
  }
}
