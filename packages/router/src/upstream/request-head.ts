/** What the first lines of a request to an instance are made of. */
export interface RequestHeadParts {
  method: string;
  /** Path and query. */
  path: string;
  host: string;
  /** The protocol that it asks to go on with; null: none. */
  protocol: string | null;
  /** All other headers, each on its line. */
  lines: string;
  /** How long its body is, as its client wrote that; null: it has none. */
  body: string | "chunked" | null;
}

/** To others a body would be news, so that it goes without saying that they have none. */
const bodyMethods = new Set(["POST", "PUT", "PATCH", "QUERY", "PROPFIND", "PROPPATCH"]);

const form =
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \/[\x21-\x7e\x80-\xff]* HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)+\r\n$/;

/**
 * Makes the head of a request, to be sent as Latin-1; null where some part of it is not what it should be, by which it could become two requests.
 */
export function makeRequestHead({ method, path, host, protocol, lines, body }: RequestHeadParts): string | null {
  const connection =
    protocol !== null ? `upgrade\r\nupgrade: ${protocol}` : leavesOpen(method, body !== null) ? "keep-alive" : "close";
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${connection}\r\n${lines}${framing(method, body)}\r\n`;
  return form.test(head) ? head : null;
}

/**
 * Whether the connection may be used again after a request with this method. Some servers send a body with the answer to HEAD, and others
 * leave one unread that they do not expect: what comes next would be taken for something else.
 */
export function leavesOpen(method: string, hasBody: boolean): boolean {
  return method !== "HEAD" && (!hasBody || bodyMethods.has(method));
}

function framing(method: string, body: RequestHeadParts["body"]): string {
  if (body === "chunked") return "transfer-encoding: chunked\r\n";
  if (body !== null) return `content-length: ${body.replace(/^0+(?=\d)/, "")}\r\n`;
  return bodyMethods.has(method) ? "content-length: 0\r\n" : "";
}
