import { BerthError } from "@berth/core";
import type { Call } from "./call.ts";

/** What the API server says instead of doing what it was asked: a `Status` of Kubernetes. */
export interface Refusal {
  /** HTTP's. */
  status: number;
  /** Such as `AlreadyExists`; empty where it was no Status. */
  reason: string;
  message: string;
  causes: readonly { reason: string; message: string; field: string }[];
}

class RefusalError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The refusal that an error of a cluster was made from; null where there was none. */
export function refusalOf(thrown: unknown): Refusal | null {
  return thrown instanceof BerthError && thrown.cause instanceof RefusalError ? thrown.cause.refusal : null;
}

/** A field that another manager has set to something else. */
export interface FieldConflict {
  manager: string;
  /** Such as `.spec.replicas`. */
  field: string;
}

/** The fields that an apply was refused for, with who has set them; none for any other error. */
export function fieldConflictsOf(thrown: unknown): readonly FieldConflict[] {
  return fieldConflicts(refusalOf(thrown)?.causes ?? []);
}

/** Whether an eviction was turned away because of a budget, and not because the API server is busy: both are 429. */
export function isBudgetRefusal({ status, causes }: Refusal): boolean {
  return status === 429 && causes.some(({ reason }) => reason === "DisruptionBudget");
}

/**
 * Whether a patch was turned away only because others wrote to the object just then, again and again, so that the API server could not fit it in.
 * A patch that names the version it is for does not become right by being sent again, nor does one whose fields another manager has.
 */
export function isPassingConflict({ status, causes }: Refusal, { verb, body }: Pick<Call, "verb" | "body">): boolean {
  return status === 409 && verb === "patch" && !namesVersion(body) && fieldConflicts(causes).length === 0;
}

/** Whether a patch, as a piece of the object or as a list of steps (RFC 6902), is for one version of it, or for that very one. */
function namesVersion(body: unknown): boolean {
  if (Array.isArray(body))
    return body.some((step) => /^\/metadata\/(resourceVersion|uid)$/.test(asText(asRecord(step)["path"])));
  const { resourceVersion, uid } = asRecord(asRecord(body)["metadata"]);
  return resourceVersion !== undefined || uid !== undefined;
}

/** Reads the body of an answer that is no success. */
export function readRefusal(status: number, body: string): Refusal {
  const json = parse(body);
  const details = asRecord(json["details"]);
  const causes = Array.isArray(details["causes"]) ? details["causes"].map(asRecord) : [];
  return {
    status,
    reason: asText(json["reason"]),
    message: asText(json["message"]) || body.trim().slice(0, 500) || `HTTP status ${status}`,
    causes: causes.map((cause) => ({
      reason: asText(cause["reason"]),
      message: asText(cause["message"]),
      field: asText(cause["field"]),
    })),
  };
}

/** Nothing is wrong with what was asked: the API server, or what stands before it, has too much to do or is just coming up. */
const busyStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A refusal as an error that a person can be told. */
export function toClusterError(refusal: Refusal, call: Call): BerthError {
  const cause = new RefusalError(refusal);
  const path = call.subject;
  const { status, reason, message } = refusal;
  if (status === 401) {
    return new BerthError("cluster.forbidden", `The cluster does not know who ${doing(call)}: ${message}.`, {
      path,
      hint: "Look whether the kubeconfig's credentials have expired.",
      cause,
    });
  }
  if (status === 403 && isWithoutRoles(message)) {
    return new BerthError("cluster.busy", `The cluster is coming up, and does not know its roles yet: ${message}`, {
      path,
      cause,
    });
  }
  if (status === 403 && isMissingRight(message)) {
    return new BerthError("cluster.forbidden", `Berth may not ${doing(call)}.`, {
      path,
      hint: `Give it the right to ${call.verb} ${call.resource}, as \`berth install --dry-run\` prints it.`,
      details: [message],
      cause,
    });
  }
  if (refusal.causes.some(({ reason }) => reason === "NamespaceTerminating")) {
    return new BerthError("cluster.terminating", `Namespace ${call.namespace} is being removed.`, {
      path,
      hint: "Try again when it is gone.",
      details: [message],
      cause,
    });
  }
  if (status === 409) return toConflict(refusal, call, cause);
  // With a right to do it, what says no is an admission: Pod Security, a quota, a webhook.
  if (status === 403 || status === 422 || (status === 400 && call.verb !== "get")) {
    return new BerthError("cluster.invalid", `The cluster does not take ${path}: ${message}`, {
      path,
      details: refusal.causes.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)),
      cause,
    });
  }
  if (status === 404) return new BerthError("not-found", `The cluster has no ${path}: ${message}`, { path, cause });
  return new BerthError(
    busyStatuses.has(status) ? "cluster.busy" : "cluster.failed",
    `The cluster could not ${doing(call)}: ${message} (${status}${reason === "" ? "" : ` ${reason}`}).`,
    { path, cause },
  );
}

function toConflict(refusal: Refusal, call: Call, cause: Error): BerthError {
  const path = call.subject;
  if (isPassingConflict(refusal, call)) {
    return new BerthError("cluster.busy", `Others keep writing to ${path}: ${refusal.message}`, { path, cause });
  }
  const conflicts = fieldConflicts(refusal.causes);
  if (conflicts.length === 0) {
    return new BerthError("cluster.conflict", `${path} is another by now: ${refusal.message}`, { path, cause });
  }
  const managers = [...new Set(conflicts.map(({ manager }) => manager))];
  const fields = conflicts.map(({ field }) => field).join(", ");
  return new BerthError("cluster.conflict", `${managers.join(" and ")} manages ${fields} of ${path}.`, {
    path,
    hint: "Let the other one go of these fields, or take them over.",
    details: conflicts.map(({ manager, field }) => `${manager}: ${field}`),
    cause,
  });
}

function fieldConflicts(causes: Refusal["causes"]): FieldConflict[] {
  return causes
    .filter(({ reason }) => reason === "FieldManagerConflict")
    .map(({ message, field }) => ({
      manager: /conflict with "([^"]*)"/.exec(message)?.[1] ?? "another manager",
      field,
    }));
}

/** RBAC says `User "x" cannot list resource "pods"`; what an admission refuses reads otherwise. */
function isMissingRight(message: string): boolean {
  return /\b(User|user) ".*" cannot /.test(message) || /^forbidden: /i.test(message);
}

/** An API server that has just begun refuses everything until it has read the roles. Those that are its own are never missing otherwise. */
function isWithoutRoles(message: string): boolean {
  return /\bclusterrole\.rbac\.authorization\.k8s\.io "system:(?:basic-user|discovery|public-info-viewer)" not found/.test(
    message,
  );
}

/** `list pods in namespace shop`. */
function doing({ verb, resource, namespace }: Call): string {
  return `${verb} ${resource}${namespace === null ? "" : ` in namespace ${namespace}`}`;
}

function parse(body: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(body));
  } catch {
    // A proxy before the API server, or a busy API server, answers in plain text.
    return {};
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
