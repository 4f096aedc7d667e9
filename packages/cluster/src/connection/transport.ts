import type { Readable } from "node:stream";
import type undici from "undici";
import type { Dispatcher } from "undici";
import type { Access, Credentials } from "./credentials.ts";

export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** Says that the answer is a stream without an end. It does not take a connection from the calls. */
  endless?: boolean;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Readable & { text(): Promise<string> };
}

/** The connections to an API server. */
export interface Transport {
  send(request: Request): Promise<Answer>;
  close(): Promise<void>;
}

/** So many calls are on their way at once; more wait for one of them. */
const connectionsAtMost = 32;
const connectTimeoutMs = 10_000;
/** Shorter than that of load balancers and of the API server, so that we are the ones who close. */
const keepAliveMs = 30_000;

/** Sends requests with credentials as they are at the time; connections are made anew where certificates have changed. */
export function openTransport(
  { Agent, ProxyAgent, Socks5ProxyAgent }: typeof undici,
  credentials: Credentials,
): Transport {
  const { origin, pathname } = new URL(credentials.server);
  const prefix = pathname === "/" ? "" : pathname;
  let made: { from: string; calls: Dispatcher; streams: Dispatcher } | null = null;

  function makeDispatcher({ tls, proxy }: Access, connections: number | null): Dispatcher {
    const options = { connections, pipelining: 1, keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs };
    const connect = { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    if (proxy === null) return new Agent({ ...options, allowH2: false, connect });
    if (proxy.startsWith("socks"))
      return new Socks5ProxyAgent(proxy.replace(/^socks5h/, "socks5"), { ...options, requestTls: connect });
    return new ProxyAgent({ ...options, uri: proxy, requestTls: connect, allowH2: false });
  }

  function dispatchers(access: Access): { calls: Dispatcher; streams: Dispatcher } {
    const from = JSON.stringify([access.proxy, access.tls]);
    if (made?.from === from) return made;
    // What is on its way ends on the old connections.
    void made?.calls.close();
    void made?.streams.close();
    made = { from, calls: makeDispatcher(access, connectionsAtMost), streams: makeDispatcher(access, null) };
    return made;
  }

  return {
    async send({ method, path, headers, body, signal, endless = false }) {
      const access = await credentials.access();
      const { calls, streams } = dispatchers(access);
      const answer = await (endless ? streams : calls).request({
        origin,
        path: `${prefix}${path}`,
        method,
        headers: { "user-agent": "berth", accept: "application/json", ...access.headers, ...headers },
        ...(body !== undefined && { body }),
        signal,
        // The caller has its own limits of time.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    },
    async close() {
      await Promise.all([made?.calls.destroy(), made?.streams.destroy()]);
    },
  };
}
