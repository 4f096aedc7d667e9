import { loadStirsAfterMs, type RoutedWorkload, type WorkloadLoad } from "@berth/core";
import { Instance } from "./instance.ts";

/** Up to this many instances the least loaded one is looked for among all. */
const exactUpTo = 8;

/** A workload as the router sees it: what the table last said of it, and its load. It outlives its place in the table until its last request has ended. */
export class Workload {
  readonly id: string;
  /** What the newest table that has it says. */
  routed: RoutedWorkload;
  /** Requests being served or waiting. */
  inFlight = 0;
  /** When a request last came or ended. */
  lastRequestAt: number | null = null;
  readonly #instances = new Map<string, Instance>();
  readonly #answerDeadlineMs: number;
  readonly #stirs: (workload: string) => void;
  #requests = 0;
  #busyMs = 0;
  #countedAt = 0;
  #open: Instance[] = [];
  #turn = 0;

  /** `stirs` is called as `RouterPort.watch` has it. */
  constructor(routed: RoutedWorkload, answerDeadlineMs: number, stirs: (workload: string) => void) {
    this.id = routed.id;
    this.#answerDeadlineMs = answerDeadlineMs;
    this.#stirs = stirs;
    this.routed = routed;
    this.#settleInstances();
  }

  update(routed: RoutedWorkload): void {
    if (routed === this.routed) return;
    this.routed = routed;
    this.#settleInstances();
  }

  /** The table no longer has it. */
  retire(): void {
    this.update({ ...this.routed, instances: [] });
  }

  /** The instance for the next request, not `avoid` where there is another; null where there is none. */
  choose(random: (below: number) => number, avoid: Instance | null): Instance | null {
    const open = this.#open;
    if (open.length <= 1) return open[0] ?? null;
    return open.length <= exactUpTo ? this.#least(avoid) : this.#lessOfTwo(random, avoid);
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

  /** What is in flight has been so since it was counted last. A clock that was set back takes nothing away. */
  #count(now: number): void {
    if (now > this.#countedAt) this.#busyMs += this.inFlight * (now - this.#countedAt);
    this.#countedAt = now;
  }

  #change(now: number): void {
    const hasRested = now - (this.lastRequestAt ?? 0) >= loadStirsAfterMs;
    this.lastRequestAt = now;
    if (hasRested) this.#stirs(this.id);
  }

  /** Begins one place further each time, so that equally loaded instances take turns. */
  #least(avoid: Instance | null): Instance | null {
    const open = this.#open;
    const start = this.#turn++ % open.length;
    let best: Instance | null = null;
    for (let step = 0; step < open.length; step++) {
      const instance = open[(start + step) % open.length];
      if (instance === undefined || instance === avoid) continue;
      if (best === null || instance.inFlight < best.inFlight) best = instance;
    }
    return best;
  }

  /** The power of two choices (Mitzenmacher 2001): nearly as even as the exact least, in constant time. */
  #lessOfTwo(random: (below: number) => number, avoid: Instance | null): Instance | null {
    const open = this.#open;
    const first = random(open.length);
    const second = (first + 1 + random(open.length - 1)) % open.length;
    const [a, b] = [open[first], open[second]];
    if (a === undefined || b === undefined) return null;
    if (a === avoid) return b;
    return b === avoid || a.inFlight <= b.inFlight ? a : b;
  }

  #settleInstances(): void {
    const open: Instance[] = [];
    for (const routed of this.routed.instances) {
      if (routed.draining) continue;
      const key = `${routed.id} ${routed.endpoint.host}:${routed.endpoint.port}`;
      const instance = this.#instances.get(key) ?? new Instance(routed, this.#answerDeadlineMs);
      instance.restore();
      this.#instances.set(key, instance);
      open.push(instance);
    }
    this.#open = open;
    for (const instance of this.#instances.values()) {
      if (open.includes(instance)) continue;
      instance.retire();
      this.release(instance);
    }
  }
}
