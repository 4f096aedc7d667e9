import type { Arrival } from "./exchange.ts";
import { originOf } from "./headers/origin.ts";
import { traceIdOf } from "./headers/trace.ts";
import type { RequestRecord } from "./request-record.ts";
import type { Workload } from "./workload.ts";

/** Takes a line of the access log, with its end. */
export type AccessLog = (line: string) => void;

export interface EndedRequest {
  record: RequestRecord;
  workload: Workload | null;
  /** Milliseconds since the epoch. */
  endedAt: number;
  traceparent: string;
}

/** A request as a line of JSON. Of what its client sent it has no header, no query and no body: those may be secret. */
export function accessLine({ req, host, path, requestId }: Arrival, ended: EndedRequest): string {
  const { record, workload, endedAt, traceparent } = ended;
  const { instance, status, bytes, arrivedAt, sentAt, reason } = record;
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
