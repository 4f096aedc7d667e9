import type { ServerResponse } from "node:http";
import type { BerthError } from "@berth/core";

/** As git's own server says it: refs change, and answers to pushes are nobody's to keep. */
export const uncached = { "Cache-Control": "no-cache, max-age=0, must-revalidate", Pragma: "no-cache" };

/** An error as text: git shows it to its user line by line. */
export function answerError(response: ServerResponse, error: BerthError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const lines = [error.message, ...error.details, ...(error.hint === undefined ? [] : [error.hint])];
  const body = `${lines.join("\n")}\n`;
  const challenge = error.status === 401 ? { "WWW-Authenticate": 'Basic realm="Berth", charset="UTF-8"' } : {};
  response.writeHead(error.status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    ...uncached,
    ...challenge,
  });
  response.end(body);
}
