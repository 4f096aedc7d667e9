import type { Arrival } from "./arrival.ts";
import { originOf } from "./headers/origin.ts";
import { traceIdOf } from "./headers/trace.ts";
import type { RequestRecord } from "./request-record.ts";
import type { Workload } from "./workload.ts";

/** Takes a line of the access log, with its end. */
export type AccessLog = (line: string) => void;

/** What the access log says of a request as such. Of what its client sent it has no header, no query and no body: those may be secret. */
export interface LoggedRequest {
  method: string;
  host: string;
  /** Without the query. */
  path: string;
  client: string;
  requestId: string;
  traceId: string | null;
}

export function loggedRequest({ req, host, path, requestId }: Arrival, traceparent: string): LoggedRequest {
  const { client } = originOf(req, host);
  const traceId = traceIdOf(traceparent);
  return { method: req.method ?? "", host, path: path.split("?", 1)[0] ?? path, client, requestId, traceId };
}

export interface EndedRequest {
  record: RequestRecord;
  workload: Workload | null;
  /** Milliseconds since the epoch. */
  endedAt: number;
}

/** A request as a line of JSON. */
export function accessLine(request: LoggedRequest, { record, workload, endedAt }: EndedRequest): string {
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
    method: request.method,
    host: request.host,
    path: request.path,
    status,
    bytes,
    durationMs: endedAt - arrivedAt,
    waitMs: (sentAt ?? endedAt) - arrivedAt,
    reason,
    client: request.client,
    requestId: request.requestId,
    traceId: request.traceId,
  };
  return `${JSON.stringify(line)}\n`;
}
