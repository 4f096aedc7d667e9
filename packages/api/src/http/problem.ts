import { type BerthError, type ErrorCode, errorStatus } from "@berth/core";

/** An error as RFC 9457 writes it, with what a BerthError has beyond that. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  path?: string;
  hint?: string;
  errors?: { detail: string }[];
}

export const problemType = "application/problem+json";

/** `app.not-found` → `App not found`. */
function titleOf(code: ErrorCode): string {
  const words = code.replace(/[.-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The problem that tells this error. */
export function makeProblem(error: BerthError): Problem {
  return {
    type: `urn:berth:error:${error.code}`,
    title: titleOf(error.code),
    status: errorStatus[error.code],
    detail: error.message,
    code: error.code,
    ...(error.path !== undefined && { path: error.path }),
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.details.length > 0 && { errors: error.details.map((detail) => ({ detail })) }),
  };
}

/** The answer that tells this error. */
export function problemResponse(error: BerthError): Response {
  const problem = makeProblem(error);
  const headers = new Headers({ "content-type": problemType });
  if (problem.status === 401) headers.set("www-authenticate", 'Bearer realm="berth"');
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
