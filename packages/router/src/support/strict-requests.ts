/** A request as RFC 9112 reads it where nothing is forgiven. */
export interface StrictRequest {
  method: string;
  path: string;
  body: string;
}

export interface StrictReading {
  requests: StrictRequest[];
  /** What follows the last whole request: nothing, or the beginning of something that is not whole or not valid. */
  rest: string;
  /** The rest can no longer become a request. */
  isBroken: boolean;
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.[01]$/;
const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[ \t]*$/;

/**
 * Reads the requests of a connection, in Latin-1, and stops at the first that is not exactly as RFC 9112 writes it. Written apart from
 * the router's parsers, to compare them with.
 */
export function readStrictly(text: string): StrictReading {
  const requests: StrictRequest[] = [];
  let at = 0;
  for (;;) {
    // An empty line before a request is ignored (RFC 9112, 2.2).
    while (text.startsWith("\r\n", at)) at += 2;
    const reading = readOne(text, at);
    if (typeof reading === "string") return { requests, rest: text.slice(at), isBroken: reading === "broken" };
    requests.push(reading.request);
    at = reading.end;
    if (reading.isLast) return { requests, rest: text.slice(at), isBroken: at < text.length };
  }
}

type One = { request: StrictRequest; end: number; isLast: boolean };

function readOne(text: string, start: number): One | "more" | "broken" {
  const headEnd = text.indexOf("\r\n\r\n", start);
  if (headEnd === -1) return "more";
  const [first = "", ...lines] = text.slice(start, headEnd).split("\r\n");
  const [, method, path] = requestLine.exec(first) ?? [];
  if (method === undefined || path === undefined) return "broken";
  const fields: [string, string][] = [];
  for (const line of lines) {
    const [, name, value] = field.exec(line) ?? [];
    if (name === undefined || value === undefined) return "broken";
    fields.push([name.toLowerCase(), value]);
  }
  const valuesOf = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const lengths = valuesOf("content-length");
  const codings = valuesOf("transfer-encoding");
  if (lengths.length + codings.length > 1 || valuesOf("host").length !== 1) return "broken";
  const isLast = /\bclose\b/i.test(valuesOf("connection").join()) || first.endsWith("1.0");
  const bodyStart = headEnd + 4;
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== "chunked" || first.endsWith("1.0")) return "broken";
    const body = readChunks(text, bodyStart);
    return typeof body === "string" ? body : { request: { method, path, body: body.body }, end: body.end, isLast };
  }
  const length = lengths[0] ?? "0";
  if (!/^\d{1,15}$/.test(length)) return "broken";
  const end = bodyStart + Number(length);
  if (end > text.length) return "more";
  return { request: { method, path, body: text.slice(bodyStart, end) }, end, isLast };
}

function readChunks(text: string, start: number): { body: string; end: number } | "more" | "broken" {
  let at = start;
  let body = "";
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return "more";
    const size = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[^\r\n\0]*)?$/.exec(text.slice(at, lineEnd))?.[1];
    if (size === undefined) return "broken";
    at = lineEnd + 2;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (text.length < at + length + 2) return "more";
    body += text.slice(at, at + length);
    at += length;
    if (!text.startsWith("\r\n", at)) return "broken";
    at += 2;
  }
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return "more";
    const line = text.slice(at, lineEnd);
    at = lineEnd + 2;
    if (line === "") return { body, end: at };
    if (!field.test(line)) return "broken";
  }
}
