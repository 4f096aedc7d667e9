import { BerthError, type ErrorCode, errorStatus } from "@berth/core/errors";

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const knownTypes = new Set(["application/json", "application/x-ndjson", "application/yaml", "text/event-stream"]);

/**
 * A fetch that answers with successes of Berth's API only. Whatever else happens is a BerthError: what the API answered, or
 * `server.unreachable` where nothing answers or something that is not Berth. An abort of the caller's own signal stays what it is.
 */
export function makeCheckedFetch(doFetch: Fetch, serverUrl: string): Fetch {
  return async (url, init) => {
    const response = await doFetch(url, init).catch((thrown: unknown) => {
      throw init.signal?.aborted === true ? thrown : unreachable(serverUrl, thrown);
    });
    const type = (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim() ?? "";
    if (type === "application/problem+json") throw errorOf(await response.json().catch(() => null), serverUrl);
    if (response.ok && (response.status === 204 || knownTypes.has(type))) return response;
    await response.body?.cancel();
    throw notBerth(serverUrl, `${response.status} ${type}`.trim());
  };
}

/** Nothing answers at the server's URL, or the connection broke. */
export function unreachable(serverUrl: string, cause: unknown): BerthError {
  return new BerthError("server.unreachable", `Nothing answers at ${serverUrl}${reasonOf(cause)}.`, {
    hint: "Is the server running? npm start",
    cause,
  });
}

function notBerth(serverUrl: string, answered: string): BerthError {
  return new BerthError("server.unreachable", `What answers at ${serverUrl} is not Berth (${answered}).`, {
    hint: "Another program may use this port. Check the server's URL.",
  });
}

/** The BerthError that a problem tells; `internal` for a code that only a newer server knows. */
export function errorOf(problem: unknown, serverUrl: string): BerthError {
  if (!isRecord(problem) || typeof problem["code"] !== "string" || typeof problem["detail"] !== "string") {
    return notBerth(serverUrl, "a problem without a code");
  }
  const { code, detail, path, hint, errors } = problem;
  const lines = Array.isArray(errors) ? errors.flatMap((one) => (isRecord(one) ? String(one["detail"]) : [])) : [];
  return new BerthError(isCode(code) ? code : "internal", detail, {
    ...(typeof path === "string" && { path }),
    ...(typeof hint === "string" && { hint }),
    details: lines,
  });
}

function isCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorStatus, code);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** ` (ECONNREFUSED)`: fetch hides the reason in a cause, which for a name with several addresses holds one for each. */
function reasonOf(thrown: unknown): string {
  for (let at: unknown = thrown; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return ` (${at.code})`;
  }
  return "";
}
