import { makeHeaderKinds, namedInConnection } from "./kinds.ts";

type Kind = "drop" | "connection" | "content-length" | "transfer-encoding" | "trailer" | "x-request-id";

const kindOf = makeHeaderKinds<Kind>({
  connection: "connection",
  "keep-alive": "drop",
  "proxy-connection": "drop",
  "proxy-authenticate": "drop",
  te: "drop",
  trailer: "trailer",
  "transfer-encoding": "transfer-encoding",
  upgrade: "drop",
  "content-length": "content-length",
  "x-request-id": "x-request-id",
});

export interface ResponseHead {
  /** Names and values in turn, as `writeHead` takes them. */
  headers: string[];
  /** It says how long the answer is. */
  hasLength: boolean;
  /** Its end cannot be told for sure: two lengths, or a transfer coding that is not plainly chunked. */
  isAmbiguous: boolean;
  /** The instance will close the connection after this answer. */
  closes: boolean;
}

/** The headers that a client gets of an instance's answer. `mayTrail`: the answer can end with trailers. */
export function responseHead(raw: readonly Buffer[], requestId: string, mayTrail: boolean): ResponseHead {
  const headers: string[] = [];
  let connection: string | undefined;
  let trailer: string | null = null;
  let coding: string | null = null;
  let isAmbiguous = false;
  let hasLength = false;
  let hasId = false;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = latin1(raw[at]);
    const value = latin1(raw[at + 1]);
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
    if (kind === "transfer-encoding") {
      isAmbiguous ||= coding !== null || value.toLowerCase() !== "chunked";
      coding = value;
      continue;
    }
    if (kind === "content-length") {
      isAmbiguous ||= hasLength;
      hasLength = true;
    }
    if (kind === "x-request-id") hasId = true;
    headers.push(name, value);
  }
  // Only an answer in chunks has room for trailers.
  if (trailer !== null && mayTrail && !hasLength) headers.push("trailer", trailer);
  if (!hasId) headers.push("x-request-id", requestId);
  const named = namedInConnection(connection);
  const closes = connection !== undefined && /\bclose\b/i.test(connection);
  return {
    headers: named.size === 0 ? headers : without(headers, named),
    hasLength,
    isAmbiguous: isAmbiguous || (hasLength && coding !== null),
    closes,
  };
}

/** What undici hands on of headers and trailers: names and values in turn. */
export function rawBuffers(raw: unknown): readonly Buffer[] {
  return Array.isArray(raw) ? raw : [];
}

/** Whether node:http takes it as the words beside a status. It throws at others, which undici hands on as they came. */
export function isReasonPhrase(message: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]+$/.test(message);
}

/** Trailers as node:http writes them: in Latin-1, which keeps every byte as it is. */
export function trailerPairs(raw: readonly Buffer[]): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) list.push([latin1(raw[at]), latin1(raw[at + 1])]);
  return list;
}

/** The head of an answer that goes on with another protocol, as bytes. */
export function switchingHead(protocol: string, headers: readonly string[]): Buffer {
  let text = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, "latin1");
}

/** The bytes of a header as node:http takes them. */
function latin1(bytes: Buffer | undefined): string {
  return bytes === undefined ? "" : bytes.toString("latin1");
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  return headers.filter((_, at) => !names.has((headers[at - (at % 2)] ?? "").toLowerCase()));
}
