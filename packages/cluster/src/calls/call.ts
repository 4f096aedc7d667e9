import type { Query } from "../paths.ts";

/** What is asked of the API server: enough to send it, to send it again, and to tell a person what failed. */
export interface Call {
  /** As RBAC has it. */
  verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** Such as `deployments/scale.apps`; the path where it is none. */
  resource: string;
  namespace: string | null;
  /** The object, for people: `Deployment shop/web`. */
  subject: string;
  path: string;
  query?: Query;
  body?: unknown;
  /** Default: `application/json`. */
  contentType?: string;
  /** Whether it does no harm when it is done twice. */
  repeatable: boolean;
  signal?: AbortSignal | undefined;
}

/** What became of a call, for counters. */
export interface CallRecord {
  verb: Call["verb"];
  resource: string;
  /** HTTP's; null where there was no answer. */
  status: number | null;
  /** How often it was sent. */
  attempts: number;
  /** How long it waited for the client's own limit. */
  heldMs: number;
  durationMs: number;
}

export function methodOf({ verb }: Call): "GET" | "POST" | "PUT" | "PATCH" | "DELETE" {
  if (verb === "create") return "POST";
  if (verb === "update") return "PUT";
  if (verb === "patch") return "PATCH";
  return verb === "delete" ? "DELETE" : "GET";
}
