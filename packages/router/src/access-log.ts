import type { Arrival } from "./exchange.ts";
import { originOf } from "./headers/origin.ts";
import { traceIdOf } from "./headers/trace.ts";
import type { Instance } from "./instance.ts";
import type { RefusalReason } from "./refusals.ts";
import type { Workload } from "./workload.ts";

/** Takes a line of the access log, with its end. */
export type AccessLog = (line: string) => void;

/** What a request came to. Times are in milliseconds since the epoch. */
export interface Outcome {
  workload: Workload | null;
  instance: Instance | null;
  /** 0: its client left before there was an answer. */
  status: number;
  /** Of the answer's body, as the instance sent them. */
  bytes: number;
  arrivedAt: number;
  /** When it was first sent to an instance; null: never. */
  sentAt: number | null;
  endedAt: number;
  /** Why it was not passed on, or not to its end. */
  reason: RefusalReason | null;
  traceparent: string;
}

/** A request as a line of JSON. Of what its client sent it has no header, no query and no body: those may be secret. */
export function accessLine({ req, host, path, requestId }: Arrival, outcome: Outcome): string {
  const { workload, instance, status, bytes, arrivedAt, sentAt, endedAt, reason, traceparent } = outcome;
  const { app = null, environment = null, service = null, release = null } = workload?.routed ?? {};
  const line = {
    time: new Date(arrivedAt).toISOString(),
    app,
    environment,
    service,
    release,
    workload: workload?.id ?? null,
    instance: instance?.id ?? null,
    method: req.method ?? "",
    host,
    path: path.split("?", 1)[0],
    status,
    bytes,
    durationMs: endedAt - arrivedAt,
    waitMs: (sentAt ?? endedAt) - arrivedAt,
    reason,
    client: originOf(req, host).client,
    requestId,
    traceId: traceIdOf(traceparent),
  };
  return `${JSON.stringify(line)}\n`;
}
