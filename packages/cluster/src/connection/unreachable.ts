import { BerthError, hasCode } from "@berth/core";

const reasons: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  EHOSTUNREACH: "there is no way to this host",
  ENETUNREACH: "there is no way to this network",
  ENOTFOUND: "this name is not known",
  EAI_AGAIN: "this name could not be looked up",
  ETIMEDOUT: "no connection in time",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "its answer stopped in the middle",
};

/** A connection to the API server that could not be made or broke. */
export function unreachable(server: string, thrown: unknown): BerthError {
  const { host } = new URL(server);
  const isDistrusted = isTlsProblem(thrown);
  return new BerthError("cluster.unreachable", `The cluster at ${host} does not answer: ${reasonOf(thrown)}.`, {
    path: server,
    hint: isDistrusted
      ? "See that the kubeconfig has the certificate authority of this very cluster."
      : "See that it runs and that the kubeconfig names its address.",
    cause: thrown,
  });
}

/** Whether the API server can have seen what was sent; `final` where it will fail again in the same way. */
export function certaintyOf(thrown: unknown): "unsent" | "unknown" | "final" {
  if (isTlsProblem(thrown)) return "final";
  const unsent = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];
  return unsent.some((code) => hasCode(innermost(thrown), code)) ? "unsent" : "unknown";
}

function reasonOf(thrown: unknown): string {
  const error = innermost(thrown);
  for (const [code, reason] of Object.entries(reasons)) if (hasCode(error, code)) return reason;
  return error instanceof Error ? error.message : String(error);
}

function isTlsProblem(thrown: unknown): boolean {
  const error = innermost(thrown);
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  return /CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL|^ERR_OSSL/.test(String(error.code));
}

/** Where a name has several addresses, the error has one of each in it. */
function innermost(thrown: unknown): unknown {
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? innermost(thrown.errors[0]) : thrown;
}
