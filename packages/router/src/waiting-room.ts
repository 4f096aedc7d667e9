import type { Clock, Log } from "@berth/core";
import type { Exchange } from "./exchange.ts";
import type { LimitShares } from "./limit-shares.ts";
import { isNavigation } from "./navigation.ts";
import { type Answer, closing, stillStarting, tooManyWaiting, wakeFailed } from "./pages/answer.ts";
import { agentFamily } from "./user-agent.ts";
import type { Workload } from "./workload.ts";

export interface WaitingRoomDeps {
  clock: Clock;
  log: Log;
  wake(workload: string, by: string): Promise<void>;
  shares: LimitShares;
  wakeDeadlineMs: number;
  maxWaiting: number;
}

interface Queue {
  workload: Workload;
  /** In the order of arrival. */
  waiting: Set<Exchange>;
  woken: boolean;
}

/** From when on a browser shows a page rather than nothing. */
const pageAfterMs = 1_500;
/** A page has its answer already: it waits for as long as the start may take. */
const pagePatienceMs = 600_000;
/** Shorter than the minute after which many proxies take a silent connection for dead. */
const beatMs = 15_000;

interface Wait {
  /** Null while it is being placed anew. */
  queue: Queue | null;
  deadline: AbortController;
}

/** Where requests wait for an instance: one bounded queue for each workload, one deadline for each request. Their bodies stay unread. */
export class WaitingRoom {
  readonly #deps: WaitingRoomDeps;
  readonly #queues = new Map<string, Queue>();
  readonly #waits = new Map<Exchange, Wait>();

  constructor(deps: WaitingRoomDeps) {
    this.#deps = deps;
  }

  /** Lets a request wait. The first one for a sleeping workload wakes it. */
  hold(exchange: Exchange, workload: Workload): void {
    const queue = this.#queueOf(workload);
    const wait = this.#waits.get(exchange);
    // Who waits already was let in.
    if (wait === undefined && !this.#hasRoom(queue)) return exchange.refuse(tooManyWaiting(workload));
    exchange.enter(workload);
    exchange.waits(workload);
    queue.waiting.add(exchange);
    if (wait === undefined) void this.#expire(exchange, queue);
    else wait.queue = queue;
    if (workload.routed.state !== "asleep" || queue.woken) return;
    queue.woken = true;
    void this.#wake(queue, agentFamily(exchange.arrival.req.headers["user-agent"]));
  }

  /** Hands everyone who waits to `admit`, which serves, refuses or holds them again. Who came first goes first. */
  review(admit: (exchange: Exchange) => void): void {
    for (const queue of Array.from(this.#queues.values())) {
      for (const [exchange, wait] of this.#empty(queue)) {
        admit(exchange);
        if (wait.queue === null) this.#end(exchange, wait);
      }
      this.#tidy(queue);
    }
  }

  /** How many wait for a workload. */
  count(workload: string): number {
    return this.#queues.get(workload)?.waiting.size ?? 0;
  }

  /** Hands who came first for a workload to `admit`. */
  next(workload: string, admit: (exchange: Exchange) => void): void {
    const queue = this.#queues.get(workload);
    const [exchange] = queue?.waiting ?? [];
    const wait = exchange && this.#waits.get(exchange);
    if (queue === undefined || exchange === undefined || wait === undefined) return;
    queue.waiting.delete(exchange);
    wait.queue = null;
    admit(exchange);
    if (wait.queue === null) this.#end(exchange, wait);
    this.#tidy(queue);
  }

  /** A request waits no longer. */
  leave(exchange: Exchange): void {
    const wait = this.#waits.get(exchange);
    if (wait === undefined) return;
    this.#end(exchange, wait);
    if (wait.queue === null) return;
    wait.queue.waiting.delete(exchange);
    this.#tidy(wait.queue);
  }

  /** Sends everyone away. */
  close(): void {
    for (const queue of Array.from(this.#queues.values())) this.#dismiss(queue, closing);
  }

  #hasRoom({ workload, waiting }: Queue): boolean {
    return this.#deps.shares.admits("waiting", workload.id, this.#most(workload), waiting.size);
  }

  #most({ routed }: Workload): number {
    return routed.wake?.queue ?? this.#deps.maxWaiting;
  }

  #queueOf(workload: Workload): Queue {
    const known = this.#queues.get(workload.id);
    if (known !== undefined) return known;
    const queue: Queue = { workload, waiting: new Set(), woken: false };
    this.#queues.set(workload.id, queue);
    return queue;
  }

  #empty(queue: Queue): [Exchange, Wait][] {
    const waiting: [Exchange, Wait][] = [];
    for (const exchange of queue.waiting) {
      const wait = this.#waits.get(exchange);
      if (wait === undefined) continue;
      wait.queue = null;
      waiting.push([exchange, wait]);
    }
    queue.waiting.clear();
    return waiting;
  }

  /** A queue ends with its last request; the next one that comes wakes the workload anew. */
  #tidy(queue: Queue): void {
    this.#deps.shares.left("waiting", queue.workload.id, this.#most(queue.workload), queue.waiting.size);
    if (queue.waiting.size === 0 && this.#queues.get(queue.workload.id) === queue)
      this.#queues.delete(queue.workload.id);
  }

  #end(exchange: Exchange, wait: Wait): void {
    this.#waits.delete(exchange);
    wait.deadline.abort();
  }

  #dismiss(queue: Queue, answer: Answer): void {
    const waiting = this.#empty(queue);
    this.#tidy(queue);
    for (const [exchange, wait] of waiting) {
      this.#end(exchange, wait);
      exchange.refuse(answer);
    }
  }

  async #wake(queue: Queue, by: string): Promise<void> {
    try {
      await this.#deps.wake(queue.workload.id, by);
    } catch (error) {
      this.#deps.log.warn({ workload: queue.workload.id, err: error }, "a workload could not be woken");
      this.#dismiss(queue, wakeFailed(queue.workload, error instanceof Error ? error.message : String(error)));
    }
  }

  async #expire(exchange: Exchange, queue: Queue): Promise<void> {
    const wait: Wait = { queue, deadline: new AbortController() };
    this.#waits.set(exchange, wait);
    const { signal } = wait.deadline;
    const timeoutMs = queue.workload.routed.wake?.timeoutMs ?? this.#deps.wakeDeadlineMs;
    const looks = isNavigation(exchange.arrival.req) && timeoutMs > pageAfterMs;
    let waitedMs = looks ? pageAfterMs : timeoutMs;
    await this.#deps.clock.sleep(waitedMs, signal);
    if (looks && !signal.aborted) waitedMs = await this.#show(exchange, wait.queue ?? queue, timeoutMs, signal);
    if (signal.aborted) return;
    const { workload } = wait.queue ?? queue;
    this.leave(exchange);
    exchange.refuse(stillStarting(workload, waitedMs));
  }

  /**
   * Shows whoever looks at it how the start goes, for as long as that may take; what is up has room soon, or not. Of a page without a body
   * there is nothing more to come. Resolves with how long it has waited in all.
   */
  async #show(exchange: Exchange, { workload }: Queue, timeoutMs: number, signal: AbortSignal): Promise<number> {
    if (workload.routed.state === "running") {
      await this.#deps.clock.sleep(timeoutMs - pageAfterMs, signal);
      return timeoutMs;
    }
    exchange.showWaking(workload);
    let waitedMs = pageAfterMs;
    while (exchange.arrival.req.method !== "HEAD" && waitedMs < pagePatienceMs && !signal.aborted) {
      await this.#deps.clock.sleep(beatMs, signal);
      waitedMs += beatMs;
      if (!signal.aborted) exchange.beat();
    }
    return waitedMs;
  }
}
