import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import type { RefusalReason } from "../refusals.ts";

export interface Http1Head {
  method: string;
  path: string;
  /** Names and values in turn. */
  headers: string[];
  awaitsContinue: boolean;
}

/**
 * A request of HTTP/2 as HTTP/1.1 says it (RFC 9113, 8.3.1), or why it cannot be. Connection-specific headers do not get here: nghttp2
 * resets streams that have some, as it does where a name or value is not valid or the body is not as long as announced.
 */
export function makeHttp1Headers(
  { ":method": method, ":path": path, ":authority": authority, host }: IncomingHttpHeaders,
  raw: readonly string[],
  hasBody: boolean,
): Http1Head | RefusalReason {
  if (method === "CONNECT") return "connect";
  if (method === undefined || path === undefined) return "bad-target";
  if (authority !== undefined && host !== undefined && authority !== host) return "bad-host";
  const headers = ["host", authority ?? host ?? ""];
  const cookies: string[] = [];
  let awaitsContinue = false;
  let hasLength = false;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (name.startsWith(":") || name === "host") continue;
    if (name === "cookie") {
      cookies.push(value);
      continue;
    }
    if (name === "expect") awaitsContinue = value.toLowerCase() === "100-continue";
    if (name === "content-length") {
      // The server that this goes to counts on one of the two.
      if (!hasBody && value !== "0") return "bad-length";
      hasLength = true;
    }
    headers.push(name, value);
  }
  if (cookies.length > 0) headers.push("cookie", cookies.join("; "));
  if (hasBody && !hasLength) headers.push("transfer-encoding", "chunked");
  return { method, path, headers, awaitsContinue: awaitsContinue && hasBody };
}

const hopByHop = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Headers or trailers of an answer as HTTP/2 has them: in lower case, each name once, without those of a connection. */
export function makeHttp2Headers(raw: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const value = raw[at + 1] ?? "";
    if (hopByHop.has(name)) continue;
    const before = headers[name];
    if (name === "set-cookie") headers[name] = [...(Array.isArray(before) ? before : []), value];
    else headers[name] = before === undefined ? value : `${String(before)}, ${value}`;
  }
  return headers;
}
