import type { Clock, Log } from "@berth/core";
import type { Instance } from "./instance.ts";
import type { Outcome } from "./instance-health.ts";
import { noteOutcome } from "./outcomes.ts";
import type { RequestBody } from "./request-body.ts";
import { isRepeatable, maySendAgain } from "./retry.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Connection } from "./upstream/connection.ts";
import type { Sender } from "./upstream/connections.ts";
import type { UpstreamFault } from "./upstream/fault.ts";
import type { Workload } from "./workload.ts";

export interface SendingHome {
  clock: Clock;
  log: Log;
  retries: RetryBudget;
  /** A request at an instance of this workload is over. */
  freed(workload: Workload, instance: Instance): void;
}

/** A request that may not be repeated takes only a connection that was used just now: an instance closes idle ones whenever it likes. */
const freshIdleMs = 1_000;

/** How a request is sent: to an instance, and where that does not take it to another one. */
export class Sending {
  /** Where it did not get through; chosen again only if there is no other. */
  failed: Instance | null = null;
  /** Where it is. */
  instance: Instance | null = null;
  /** Null as long as it waits for one. */
  connection: Connection | null = null;
  /** The instance may have got something of it. */
  wasSent = false;
  body: RequestBody | null = null;
  /** The first byte of the answer has arrived. */
  wasHeard = false;
  readonly #method: string;
  readonly #home: SendingHome;
  #attempts = 0;

  constructor(method: string, home: SendingHome) {
    this.#method = method;
    this.#home = home;
  }

  /** Begins to send it there, as soon as there is a connection for `sender`. */
  begin(instance: Instance, sender: Sender, isUpgrade: boolean): void {
    if (this.#attempts++ === 0) this.#home.retries.deposit();
    this.wasSent = false;
    this.instance = instance;
    instance.inFlight++;
    if (this.#attempts > 1 || isUpgrade) instance.connections.open(sender, isUpgrade);
    else instance.connections.find(sender, this.#home.clock.now(), isRepeatable(this.#method) ? Infinity : freshIdleMs);
  }

  /** How the instance took it. */
  saw(outcome: Outcome, workload: Workload): void {
    if (this.instance !== null) noteOutcome(workload, this.instance, outcome, this.#home);
  }

  /** Whether it may be sent once more, which is counted. Where retries have become too large a share of all requests, none is made. */
  canRetry({ kind }: UpstreamFault): boolean {
    if (this.connection === null) return false;
    const failed = {
      attempts: this.#attempts,
      method: this.#method,
      wasSent: this.wasSent,
      wasHeard: this.wasHeard,
      hasBodyTaken: this.body?.taken === true,
      isLate: kind === "late",
    };
    return maySendAgain(failed) && this.#home.retries.withdraw(this.#home.clock.now());
  }

  /** It is not to go there again unless there is no other. */
  fail(sender: Sender, workload: Workload): void {
    this.failed = this.instance;
    this.end(sender, workload, false);
  }

  /** It is over at its instance; `reuse`: the connection can take another. */
  end(sender: Sender, workload: Workload | null, reuse: boolean): void {
    const { instance, connection } = this;
    if (instance === null) return;
    this.instance = null;
    this.connection = null;
    instance.inFlight--;
    if (connection === null) instance.connections.leave(sender);
    else if (reuse) instance.connections.give(connection, this.#home.clock.now());
    else instance.connections.drop(connection);
    if (workload !== null) this.#home.freed(workload, instance);
  }

  /** Its connection carries a tunnel from now on. Returns what is left to do when that has ended, which keeps nothing of the request. */
  handOver(workload: Workload): () => void {
    const { instance, connection } = this;
    const home = this.#home;
    if (instance === null || connection === null) throw new Error("There is no connection to hand over.");
    this.instance = null;
    this.connection = null;
    return () => {
      instance.inFlight--;
      home.freed(workload, instance);
    };
  }
}
