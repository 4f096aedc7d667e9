import type { IncomingMessage } from "node:http";
import { makeFieldLine } from "../upstream/fields.ts";
import { makeHeaderKinds, namedInConnection } from "./kinds.ts";
import { originHeaders } from "./origin.ts";

type Kind = "drop" | "te" | "tracestate";

/** What is for one hop only (RFC 9110, 7.6.1), what the router itself sets (the length and the host too), and what outsiders may not say. */
const kindOf = makeHeaderKinds<Kind>({
  host: "drop",
  "content-length": "drop",
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
  traceparent: "drop",
  tracestate: "tracestate",
});

/** `X_Forwarded_For`: many apps (CGI, WSGI, Rack) cannot tell it from `X-Forwarded-For`, so it is no way around the list above. */
function kindOfLookalike(name: string): Kind | undefined {
  return name.includes("_") ? kindOf(name.replaceAll("_", "-")) : undefined;
}

/** The trace that a request belongs to: as its client says it, or one of its own. */
export interface Trace {
  traceparent: string;
  /** What the client says besides is about this trace. */
  isGiven: boolean;
}

/**
 * The headers that an instance gets, each on its line: the client's own, and who asked for what, as far as that can be believed. Without `host`, and those
 * that frame the body. Null where one of them cannot be passed on as it is.
 */
export function requestHeaderLines(req: IncomingMessage, host: string, requestId: string, trace: Trace): string | null {
  const raw = req.rawHeaders;
  const named = namedInConnection(req.headers.connection);
  let lines = "";
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    const kind = kindOf(name) ?? kindOfLookalike(name);
    if (kind === "drop") continue;
    if (kind === "te") {
      if (/\btrailers\b/i.test(value)) lines += "te: trailers\r\n";
    } else if (kind === "tracestate" && !trace.isGiven) continue;
    else if (named.size === 0 || !named.has(name.toLowerCase())) {
      const line = makeFieldLine(name, value);
      if (line === null) return null;
      lines += line;
    }
  }
  const idLine = makeFieldLine("x-request-id", requestId);
  const traceLine = makeFieldLine("traceparent", trace.traceparent);
  return idLine && traceLine && `${lines}${originHeaders(req, host)}${idLine}${traceLine}`;
}
