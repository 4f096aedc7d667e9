import type { IncomingMessage, ServerResponse } from "node:http";
import { type Log, toBerthError } from "@berth/core";
import { RegistryError } from "../registry-error.ts";

export type Headers = Readonly<Record<string, string | number>>;

/** Blobs are what anyone with a token for some app has pushed: no browser may take one for a page of this origin. */
const always: Headers = {
  "docker-distribution-api-version": "registry/2.0",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

/** Sends the head of an answer. */
export function writeHead(response: ServerResponse, status: number, headers: Headers = {}): void {
  response.writeHead(status, { ...always, "cache-control": "no-store", ...headers });
}

/** An answer without content. */
export function answerEmpty(response: ServerResponse, status: number, headers: Headers = {}): void {
  // RFC 9110, 8.6: no length with 204.
  writeHead(response, status, status === 204 ? headers : { "content-length": 0, ...headers });
  response.end();
}

/** An answer in JSON; to HEAD its length alone. */
export function answerJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Headers = {},
): void {
  const bytes = Buffer.from(JSON.stringify(value));
  writeHead(response, status, { "content-type": "application/json", "content-length": bytes.length, ...headers });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** An error as the spec writes it. What is not ours to explain is logged. */
export function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  thrown: unknown,
  log: Pick<Log, "error">,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, message, status, headers, detail } = toRegistryError(thrown, log);
  const error = { code, message, ...(detail !== undefined && { detail }) };
  // Whoever waits to be told to send a body may send it or not: the connection is of no more use.
  const isDoubtful = request.headers.expect !== undefined;
  answerJson(
    request,
    response,
    status,
    { errors: [error] },
    { ...headers, ...(isDoubtful && { connection: "close" }) },
  );
  // What still comes is for nobody, but the next request comes after it.
  request.resume();
}

function toRegistryError(thrown: unknown, log: Pick<Log, "error">): RegistryError {
  if (thrown instanceof RegistryError) return thrown;
  const error = toBerthError(thrown);
  const message = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  if (error.code === "disk.full") {
    return new RegistryError("UNAVAILABLE", message, { status: error.status, cause: thrown });
  }
  log.error({ err: thrown }, "a request to the registry failed");
  return new RegistryError("UNKNOWN", "Berth could not answer; its log says why.", { cause: thrown });
}
