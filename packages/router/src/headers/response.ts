import type { AnswerHead } from "../upstream/answer-head.ts";
import { makeHeaderKinds, namedInConnection } from "./kinds.ts";

type Kind = "drop" | "connection" | "trailer" | "x-request-id";

const kindOf = makeHeaderKinds<Kind>({
  connection: "connection",
  "keep-alive": "drop",
  "proxy-connection": "drop",
  "proxy-authenticate": "drop",
  te: "drop",
  trailer: "trailer",
  "transfer-encoding": "drop",
  upgrade: "drop",
  "x-request-id": "x-request-id",
});

/**
 * The headers that a client gets of an instance's answer: names and values in turn, as `writeHead` takes them. `mayTrail`: the answer can end with trailers.
 */
export function responseHeaders(
  { headers: raw, hasLength }: AnswerHead,
  requestId: string,
  mayTrail: boolean,
): string[] {
  const headers: string[] = [];
  let connection: string | undefined;
  let trailer: string | null = null;
  let hasId = false;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!;
    const value = raw[at + 1]!;
    const kind = kindOf(name);
    if (kind === "drop") continue;
    if (kind === "connection") {
      connection = connection === undefined ? value : `${connection},${value}`;
      continue;
    }
    if (kind === "trailer") {
      trailer = value;
      continue;
    }
    if (kind === "x-request-id") hasId = true;
    headers.push(name, value);
  }
  // Only an answer in chunks has room for trailers.
  if (trailer !== null && mayTrail && !hasLength) headers.push("trailer", trailer);
  if (!hasId) headers.push("x-request-id", requestId);
  const named = namedInConnection(connection);
  return named.size === 0 ? headers : without(headers, named);
}

/** Whether node:http takes it as the words beside a status. It throws at others. */
export function isReasonPhrase(message: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]+$/.test(message);
}

/** Trailers, as node:http takes them. */
export function trailerPairs(trailers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < trailers.length; at += 2) pairs.push([trailers[at]!, trailers[at + 1]!]);
  return pairs;
}

/** The head of an answer that goes on with another protocol, as bytes. */
export function switchingHead(protocol: string, headers: readonly string[]): Buffer {
  let text = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, "latin1");
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  return headers.filter((_, at) => !names.has((headers[at - (at % 2)] ?? "").toLowerCase()));
}
