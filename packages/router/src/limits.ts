/** What a client may take of the router. Times are in milliseconds; 0 means no limit where it says so. */
export interface Limits {
  /** Open connections in all. 0: no limit. */
  connections: number;
  /** … of one client address. Loopback addresses and trusted proxies have none. 0: no limit. */
  connectionsPerClient: number;
  /** Requests of one service that are served or wait at once, upgraded connections among them. 0: no limit. */
  inFlight: number;
  /** Of a request's target. */
  urlBytes: number;
  /** Of a request's first line and headers together. */
  headerBytes: number;
  headers: number;
  /** Until all headers of a request have arrived. */
  headersMs: number;
  /** Without a byte of a body that an instance waits for. */
  bodyStallMs: number;
  /** Without the client taking what is buffered for it. */
  answerStallMs: number;
  /** Until a connection without a request is closed. */
  idleMs: number;
  /** Requests of one HTTP/2 connection at once. */
  streams: number;
  /** Of a body, by app; `*` is for all others. What has no entry has no limit. */
  bodyBytes: ReadonlyMap<string, number>;
}

export const defaultLimits: Limits = {
  connections: 50_000,
  connectionsPerClient: 5_000,
  inFlight: 20_000,
  urlBytes: 8_192,
  headerBytes: 24_576,
  headers: 100,
  headersMs: 30_000,
  bodyStallMs: 60_000,
  answerStallMs: 60_000,
  idleMs: 75_000,
  streams: 100,
  bodyBytes: new Map(),
};

/** How large a body an app takes; null: any. */
export function bodyLimit({ bodyBytes }: Limits, app: string): number | null {
  return bodyBytes.size === 0 ? null : (bodyBytes.get(app) ?? bodyBytes.get("*") ?? null);
}
