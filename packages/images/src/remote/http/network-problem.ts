import { RemoteProblem } from "./problem.ts";
import type { ProblemKind } from "./problem.ts";

const known: Record<string, { kind: ProblemKind; said: string }> = {
  ECONNREFUSED: { kind: "unreachable", said: "refuses connections" },
  ENOTFOUND: { kind: "unknown", said: "cannot be found: nobody knows its name" },
  EAI_AGAIN: { kind: "unreachable", said: "cannot be found: no name server answers" },
  EHOSTUNREACH: { kind: "unreachable", said: "cannot be reached" },
  ENETUNREACH: { kind: "unreachable", said: "cannot be reached" },
  ENETDOWN: { kind: "unreachable", said: "cannot be reached" },
  ETIMEDOUT: { kind: "unreachable", said: "does not answer" },
  ERR_PROXY_TUNNEL: { kind: "unreachable", said: "cannot be reached through the proxy" },
  ECONNRESET: { kind: "broken", said: "closed the connection" },
  ECONNABORTED: { kind: "broken", said: "closed the connection" },
  EPIPE: { kind: "broken", said: "closed the connection" },
  ERR_STREAM_PREMATURE_CLOSE: { kind: "broken", said: "closed the connection" },
  CERT_HAS_EXPIRED: { kind: "untrusted", said: "has a certificate that has expired" },
  ERR_TLS_CERT_ALTNAME_INVALID: { kind: "untrusted", said: "has a certificate for another name" },
  EPROTO: { kind: "untrusted", said: "does not speak HTTPS" },
};

/** Codes that mean: nobody whom this machine trusts has signed its certificate. */
export const unknownAuthority: ReadonlySet<string> = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_UNTRUSTED",
]);

/** What a failure of a connection means; null where it is no such failure. */
export function networkProblem(error: unknown, origin: string): RemoteProblem | null {
  if (error instanceof RemoteProblem) return error;
  const code = codeOf(error);
  if (code === null) return null;
  const make = ({ kind, said }: { kind: ProblemKind; said: string }) =>
    new RemoteProblem(kind, origin, `${said} (${code})`, { cause: error });
  if (known[code] !== undefined) return make(known[code]);
  if (unknownAuthority.has(code))
    return make({ kind: "untrusted", said: "has a certificate that this machine does not trust" });
  if (code.startsWith("HPE_")) return make({ kind: "malformed", said: "does not speak HTTP" });
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|ERR_OSSL_)/.test(code)) return make({ kind: "untrusted", said: "cannot be trusted" });
  return null;
}

export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
