import type { RoutedWorkload, WorkloadLoad } from "@berth/core";
import { Instance } from "./instance.ts";
import { RequestStats } from "./stats.ts";

/** Up to this many instances the least loaded one is looked for among all. */
const exactUpTo = 8;

/** A workload as the router sees it: what the table last said of it, and its load. It outlives its place in the table until its last request has ended. */
export class Workload {
  readonly id: string;
  /** What the newest table that has it says. */
  routed: RoutedWorkload;
  /** Requests being served or waiting. */
  inFlight = 0;
  lastRequestAt: number | null = null;
  readonly stats = new RequestStats();
  readonly #instances = new Map<string, Instance>();
  readonly #answerDeadlineMs: number;
  #open: Instance[] = [];
  #turn = 0;

  constructor(routed: RoutedWorkload, answerDeadlineMs: number) {
    this.id = routed.id;
    this.#answerDeadlineMs = answerDeadlineMs;
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

  load(): WorkloadLoad {
    const instances = new Map<string, number>();
    for (const instance of this.#instances.values())
      instances.set(instance.id, instance.inFlight + (instances.get(instance.id) ?? 0));
    return { inFlight: this.inFlight, lastRequestAt: this.lastRequestAt, instances };
  }

  /** Forgets an instance whose last request has ended and that takes no more. */
  release(instance: Instance): void {
    if (instance.inFlight > 0 || this.#open.includes(instance)) return;
    for (const [key, other] of this.#instances) if (other === instance) this.#instances.delete(key);
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
