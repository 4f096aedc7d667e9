import type { IncomingMessage, ServerResponse } from "node:http";
import { pageKind } from "./accepts.ts";
import type { Answer } from "./answer.ts";
import { plainLine } from "./escape.ts";
import { contentSecurityPolicy, htmlPage } from "./html.ts";

/** Writes an answer in the form the client accepts. Nothing of an answer may have been written before. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: Answer, requestId: string): void {
  const [type, body] = render(req, answer, requestId);
  const bytes = Buffer.from(body);
  res.writeHead(answer.status, [
    "content-type",
    type,
    "content-length",
    String(bytes.length),
    "cache-control",
    "no-store",
    "content-security-policy",
    contentSecurityPolicy,
    "x-content-type-options",
    "nosniff",
    "x-robots-tag",
    "noindex, nofollow",
    "vary",
    "accept",
    "x-request-id",
    requestId,
    ...(answer.headers ?? []),
    ...(answer.retryAfterS === null ? [] : ["retry-after", String(answer.retryAfterS)]),
  ]);
  res.end(bytes);
}

function render(req: IncomingMessage, answer: Answer, requestId: string): [type: string, body: string] {
  const kind = pageKind(req.headers.accept);
  if (kind === "html") return ["text/html; charset=utf-8", htmlPage(answer, requestId)];
  if (kind === "json") return ["application/problem+json", `${JSON.stringify(problem(answer, requestId))}\n`];
  return ["text/plain; charset=utf-8", text(answer)];
}

/** RFC 9457, with what the API's errors have besides. */
function problem(answer: Answer, requestId: string): Record<string, unknown> {
  const { status, code, title, detail, hint, command, app, environment } = answer;
  const known = Object.entries({ hint, command, app, environment }).filter(([, value]) => value !== null);
  return { type: "about:blank", title, status, detail, code, ...Object.fromEntries(known), requestId };
}

function text(answer: Answer): string {
  const lines = [
    `${answer.status} ${answer.title}`,
    answer.detail,
    answer.hint,
    answer.command === null ? null : `  ${answer.command}`,
  ];
  return lines.flatMap((line) => (line === null ? [] : [`${plainLine(line).trimEnd()}\n`])).join("");
}
