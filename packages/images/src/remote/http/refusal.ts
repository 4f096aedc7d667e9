import type { Clock } from "@berth/core";
import type { Answer } from "./answer.ts";
import { RemoteProblem } from "./problem.ts";
import type { CredentialsUse, ProblemKind, ProblemOptions } from "./problem.ts";

const largestErrorBytes = 16 * 1024;
const longestText = 300;

/** Reads an answer that is not what was hoped for, as the distribution spec says errors look. */
export async function readRefusal(
  answer: Answer,
  clock: Pick<Clock, "now">,
  credentials?: CredentialsUse,
): Promise<RemoteProblem> {
  const body = await answer.whole(largestErrorBytes).catch(() => Buffer.alloc(0));
  const { code, message } = readErrors(body.toString());
  const retryAfterMs = readRetryAfter(answer.headers["retry-after"], clock.now());
  const options: ProblemOptions = {
    status: answer.status,
    ...(code !== null && { code }),
    ...(retryAfterMs !== null && { retryAfterMs }),
    ...(credentials !== undefined && { credentials }),
  };
  const words = [code, message].filter((text) => text !== null).join(": ");
  const said = `answers ${answer.status}${words === "" ? "" : ` (${words})`}`;
  return new RemoteProblem(kindOf(answer.status, code), answer.url.origin, said, options);
}

export function kindOf(status: number, code: string | null): ProblemKind {
  if (code === "TOOMANYREQUESTS" || status === 429) return "busy";
  if (status === 401 || status === 403) return "unauthorised";
  if (status === 404) return "not-found";
  if (status === 408 || status === 425 || status >= 500) return "failed";
  return "refused";
}

/** The first of `{"errors":[{"code","message"}]}`, as plain text of one line. Nothing else of a body is repeated: it could be anyone's. */
function readErrors(text: string): { code: string | null; message: string | null } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { code: null, message: null };
  }
  const errors: unknown = isRecord(parsed) ? parsed["errors"] : null;
  const first: unknown = Array.isArray(errors) ? errors[0] : null;
  if (!isRecord(first)) return { code: null, message: null };
  return { code: plainText(first["code"]), message: plainText(first["message"]) };
}

function plainText(value: unknown): string | null {
  if (typeof value !== "string") return null;
  // oxlint-disable-next-line no-control-regex -- what steers a terminal has no place in a message
  const plain = value.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return plain === "" ? null : plain.slice(0, longestText);
}

/** Seconds, or a date; in ms from now. */
export function readRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
