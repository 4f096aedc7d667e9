import { type AccessLog, accessLine, type LoggedRequest, loggedRequest } from "./access-log.ts";
import type { Arrival } from "./arrival.ts";
import type { Trace } from "./headers/request.ts";
import { traceIdOf } from "./headers/trace.ts";
import type { Instance } from "./instance.ts";
import type { RefusalReason } from "./refusals.ts";
import type { Workload } from "./workload.ts";

export interface RecordHome {
  /** Null: nobody keeps one. */
  accessLog: AccessLog | null;
  /** Makes the trace of a request that has none. */
  makeTraceparent(): string;
}

/** What a request has come to so far. Times are in milliseconds since the epoch. */
export class RequestRecord {
  readonly arrivedAt: number;
  /** When it was first sent to an instance; null: never. */
  sentAt: number | null = null;
  /** The instance that it went to last. */
  instance: Instance | null = null;
  /** Of its answer; 0 while there is none, or where its client left before. */
  status = 0;
  /** Of the answer's body, as the instance sent them. */
  bytes = 0;
  /** Why it was not passed on, or not to its end. */
  reason: RefusalReason | null = null;
  #trace: Trace | null = null;

  constructor(now: number) {
    this.arrivedAt = now;
  }

  /** It goes to an instance, now or once more. */
  sends(instance: Instance, now: number): void {
    this.instance = instance;
    this.sentAt ??= now;
  }

  /** The trace that it belongs to: its client's, or else one that is made once. */
  traceOf({ req }: Arrival, make: () => string): Trace {
    if (this.#trace !== null) return this.#trace;
    const given = req.headers["traceparent"];
    const isGiven = typeof given === "string" && traceIdOf(given) !== null;
    this.#trace = { traceparent: isGiven ? given : make(), isGiven };
    return this.#trace;
  }

  /** What the access log will say of the request, so that nothing else of it need be kept until then; null where nobody keeps one. */
  describe(arrival: Arrival, { accessLog, makeTraceparent }: RecordHome): LoggedRequest | null {
    if (accessLog === null) return null;
    const described = loggedRequest(arrival, this.traceOf(arrival, makeTraceparent).traceparent);
    this.#trace = null;
    return described;
  }

  /** Counts it for its workload, and writes it down where somebody keeps an access log. */
  end(request: LoggedRequest | null, workload: Workload | null, { accessLog }: RecordHome, now: number): void {
    workload?.stats.record(this.status, now - this.arrivedAt);
    if (request !== null) accessLog?.(accessLine(request, { record: this, workload, endedAt: now }));
  }
}
