import type { ServerResponse } from "node:http";
import type { BerthError } from "@berth/core";

/** As git's own server says it: refs change, and answers to pushes are nobody's to keep. */
export const uncached = { "Cache-Control": "no-cache, max-age=0, must-revalidate", Pragma: "no-cache" };

/** A value as JSON. */
export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, "application/json", JSON.stringify(value));
}

/** An error as the API tells it (RFC 9457), for a program of ours. */
export function answerProblem(response: ServerResponse, error: BerthError): void {
  const { code, status, message, path, hint, details } = error;
  const errors = details.map((detail) => ({ detail }));
  send(
    response,
    status,
    "application/problem+json",
    JSON.stringify({ code, status, detail: message, path, hint, errors }),
  );
}

/** An error as text: git shows it to its user line by line. */
export function answerError(response: ServerResponse, error: BerthError): void {
  const lines = [error.message, ...error.details, ...(error.hint === undefined ? [] : [error.hint])];
  const challenge: Record<string, string> =
    error.status === 401 ? { "WWW-Authenticate": 'Basic realm="Berth", charset="UTF-8"' } : {};
  send(response, error.status, "text/plain; charset=utf-8", `${lines.join("\n")}\n`, challenge);
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "Content-Type": type, "Content-Length": length, ...uncached, ...headers });
  response.end(body);
}
