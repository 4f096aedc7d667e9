import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { makeHeaderKinds, namedInConnection } from "./kinds.ts";

type Kind = "drop" | "te";

/** What is for one hop only (RFC 9110, 7.6.1), what the router itself sets, and what outsiders may not say. */
const kindOf = makeHeaderKinds<Kind>({
  connection: "drop",
  "keep-alive": "drop",
  "proxy-connection": "drop",
  "proxy-authorization": "drop",
  "proxy-authenticate": "drop",
  te: "te",
  trailer: "drop",
  "transfer-encoding": "drop",
  upgrade: "drop",
  expect: "drop",
  forwarded: "drop",
  "x-forwarded-for": "drop",
  "x-forwarded-host": "drop",
  "x-forwarded-proto": "drop",
  "x-forwarded-port": "drop",
  "x-forwarded-server": "drop",
  "x-forwarded-prefix": "drop",
  "x-forwarded-ssl": "drop",
  "x-forwarded-scheme": "drop",
  "x-real-ip": "drop",
  "x-request-id": "drop",
});

/** `X_Forwarded_For`: many apps (CGI, WSGI, Rack) cannot tell it from `X-Forwarded-For`, so it is no way around the list above. */
function kindOfLookalike(name: string): Kind | undefined {
  return name.includes("_") ? kindOf(name.replaceAll("_", "-")) : undefined;
}

/** The headers that an instance gets: the client's own, and who asked for what, as the router saw it. */
export function requestHeaders(req: IncomingMessage, host: string, requestId: string): string[] {
  const raw = req.rawHeaders;
  const named = namedInConnection(req.headers.connection);
  const headers: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    const kind = kindOf(name) ?? kindOfLookalike(name);
    if (kind === "drop") continue;
    if (kind === "te") {
      if (/\btrailers\b/i.test(value)) headers.push("te", "trailers");
    } else if (named.size === 0 || !named.has(name.toLowerCase())) headers.push(name, value);
  }
  const origin = originOf(req.socket, host);
  for (const text of origin) headers.push(text);
  headers.push("x-request-id", requestId);
  return headers;
}

/** A connection asks for the same host again and again, so what it leads to is kept. */
const origins = new WeakMap<Socket, { host: string; headers: readonly string[] }>();

function originOf(socket: Socket, host: string): readonly string[] {
  const kept = origins.get(socket);
  if (kept !== undefined && kept.host === host) return kept.headers;
  const address = (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
  const node = address.includes(":") ? `"[${address}]"` : address;
  const headers = [
    "x-forwarded-for",
    address,
    "x-forwarded-host",
    host,
    "x-forwarded-proto",
    "http",
    "x-forwarded-port",
    String(socket.localPort ?? ""),
    "x-real-ip",
    address,
    "forwarded",
    `for=${node};host="${host}";proto=http`,
  ];
  origins.set(socket, { host, headers });
  return headers;
}
