import { makeFieldLine } from "./fields.ts";

/** What the first lines of a request to an instance are made of. */
export interface RequestHeadParts {
  method: string;
  /** Path and query. */
  path: string;
  host: string;
  /** The protocol that it asks to go on with; null: none. */
  protocol: string | null;
  /** All other headers, each as `makeFieldLine` makes it. */
  lines: string;
  /** How long its body is, as its client wrote that; null: it has none. */
  body: string | "chunked" | null;
}

/** To others a body would be news, so that it goes without saying that they have none. */
const bodyMethods = new Set(["POST", "PUT", "PATCH", "QUERY", "PROPFIND", "PROPPATCH"]);

const firstLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \/[\x21-\x7e\x80-\xff]* HTTP\/1\.1$/;

/** Makes the head of a request, to be sent as Latin-1; null where some part of it is not just what it should be, and could become two requests. */
export function makeRequestHead({ method, path, host, protocol, lines, body }: RequestHeadParts): string | null {
  const line = `${method} ${path} HTTP/1.1`;
  const hostLine = makeFieldLine("host", host);
  const connectionLines = makeConnectionLines(protocol, leavesOpen(method, body !== null));
  const framingLine = makeFramingLine(method, body);
  if (!firstLine.test(line) || hostLine === null || connectionLines === null || framingLine === null) return null;
  return `${line}\r\n${hostLine}${connectionLines}${lines}${framingLine}\r\n`;
}

function makeConnectionLines(protocol: string | null, isLeftOpen: boolean): string | null {
  if (protocol === null) return isLeftOpen ? "connection: keep-alive\r\n" : "connection: close\r\n";
  const upgradeLine = makeFieldLine("upgrade", protocol);
  return upgradeLine && `connection: upgrade\r\n${upgradeLine}`;
}

function makeFramingLine(method: string, body: RequestHeadParts["body"]): string | null {
  if (body === "chunked") return "transfer-encoding: chunked\r\n";
  if (body === null) return bodyMethods.has(method) ? "content-length: 0\r\n" : "";
  return /^\d+$/.test(body) ? `content-length: ${body.replace(/^0+(?=\d)/, "")}\r\n` : null;
}

/**
 * Whether the connection may be used again after a request with this method. Some servers send a body with the answer to HEAD, and others
 * leave one unread that they do not expect: what comes next would be taken for something else.
 */
export function leavesOpen(method: string, hasBody: boolean): boolean {
  return method !== "HEAD" && (!hasBody || bodyMethods.has(method));
}
