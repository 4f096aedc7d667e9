import type { FaultKind } from "./fault.ts";
import { readFields } from "./fields.ts";

/** What an instance says before the body of its answer. */
export interface AnswerHead {
  status: number;
  /** The words beside the status, which may be none. */
  reason: string;
  /** Names and values in turn, as the instance wrote them. */
  headers: string[];
  /** How many bytes follow, or what tells the end of them. */
  body: number | "chunked" | "until-close";
  /** The answer says its length itself. */
  hasLength: boolean;
  /** What the instance will go on with after a 101; null: it does not say. */
  upgrade: string | null;
  /** How long the connection may be used again after this answer; 0: not at all. */
  keepAliveMs: number;
}

/** Shorter than the five seconds after which Node closes an idle connection, so that we are the ones who close. */
const usualKeepAliveMs = 4_000;
const longestKeepAliveMs = 60_000;
/** So much earlier than an instance says it would we close a connection. */
const marginMs = 1_000;

const form =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [^\0\r\n]*)?\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;
const prefix = "HTTP/1.";

/** Whether this can be the beginning of an answer. */
export function mayBeginAnswer(text: string): boolean {
  return text.length < prefix.length ? prefix.startsWith(text) : text.startsWith(prefix);
}

/** Reads the head of an answer to a request with this method, in Latin-1, up to its empty line and with it. What RFC 9112 forbids is not forgiven. */
export function readAnswerHead(text: string, method: string): AnswerHead | FaultKind {
  if (!form.test(text)) return "not-http";
  const lineEnd = text.indexOf("\r\n");
  const status = Number(text.slice(9, 12));
  const headers = readFields(text, lineEnd + 2);
  let length: string | null = null;
  let coding: string | null = null;
  let connection = "";
  let keepAlive: string | null = null;
  let upgrade: string | null = null;
  for (let at = 0; at < headers.length; at += 2) {
    const name = framingName(headers[at]!);
    if (name === null) continue;
    const value = headers[at + 1]!;
    if (name === "content-length") {
      if (length !== null || !/^\d{1,15}$/.test(value)) return "ambiguous";
      length = value;
    } else if (name === "transfer-encoding") {
      if (coding !== null || value.toLowerCase() !== "chunked") return "ambiguous";
      coding = value;
    } else if (name === "connection") connection = connection === "" ? value : `${connection},${value}`;
    else if (name === "keep-alive") keepAlive ??= value;
    else if (name === "upgrade") upgrade ??= value;
  }
  if (length !== null && coding !== null) return "ambiguous";
  const isBare = status < 200 || status === 204 || status === 304;
  const announced = coding !== null ? "chunked" : length === null ? "until-close" : Number(length);
  const body = isBare || method === "HEAD" ? 0 : announced;
  const isNewer = text.charCodeAt(prefix.length) === 49;
  const stays = isNewer ? !/\bclose\b/i.test(connection) : coding === null && /\bkeep-alive\b/i.test(connection);
  // An answer that has no body, and says it had one, may be followed by it. So may any answer to HEAD of a server that forgets what it was asked for.
  const isSure =
    body !== "until-close" && method !== "HEAD" && (!isBare || announced === 0 || announced === "until-close");
  return {
    status,
    reason: text.slice(13, lineEnd),
    headers,
    body,
    hasLength: length !== null,
    upgrade,
    keepAliveMs: stays && isSure ? keepAliveOf(keepAlive) : 0,
  };
}

type FramingName = "content-length" | "transfer-encoding" | "connection" | "keep-alive" | "upgrade";

const framingNames = new Set<string>([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
] satisfies FramingName[]);

/** Most names are told from these by their length alone. */
function framingName(name: string): FramingName | null {
  const { length } = name;
  if (length !== 14 && length !== 17 && length !== 10 && length !== 7) return null;
  const lower = name.toLowerCase();
  return framingNames.has(lower) ? (lower as FramingName) : null;
}

function keepAliveOf(header: string | null): number {
  const seconds = header === null ? null : /timeout=(\d+)/i.exec(header)?.[1];
  if (seconds == null) return usualKeepAliveMs;
  return Math.max(0, Math.min(Number(seconds) * 1_000 - marginMs, longestKeepAliveMs));
}
