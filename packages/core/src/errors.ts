/** Every error code that Berth answers with, and the HTTP status it has in the API. Codes are stable: scripts match on them. */
export const errorStatus = {
  "app.exists": 409,
  "app.invalid-name": 422,
  "app.not-found": 404,
  "auth.forbidden": 403,
  "auth.required": 401,
  "base.not-found": 422,
  "base.unauthorised": 422,
  "base.unfit": 422,
  "build.failed": 422,
  "cluster.busy": 503,
  "cluster.conflict": 409,
  "cluster.exists": 409,
  "cluster.failed": 502,
  "cluster.forbidden": 403,
  "cluster.in-use": 409,
  "cluster.invalid": 422,
  "cluster.not-found": 404,
  "cluster.unfit": 422,
  "cluster.standby": 503,
  "cluster.terminating": 409,
  "cluster.unreachable": 503,
  "cluster.unsupported": 409,
  "config.invalid": 422,
  "config.missing": 422,
  "config.sealed": 500,
  conflict: 409,
  "disk.full": 507,
  "drill.failed": 422,
  "environment.not-found": 404,
  "git.failed": 500,
  "host.unknown": 421,
  "image.corrupt": 500,
  "image.not-found": 404,
  "image.unfit": 409,
  "input.invalid": 422,
  "input.too-large": 413,
  "input.unsupported-type": 415,
  internal: 500,
  interrupted: 503,
  "engine.unreachable": 503,
  "instance.not-found": 404,
  "instance.not-running": 409,
  "keeper.unreachable": 503,
  "not-found": 404,
  "operation.cancelled": 409,
  "operation.not-found": 404,
  "plan.nothing-found": 422,
  "registry.failed": 502,
  "release.command-failed": 422,
  "release.not-found": 404,
  "release.not-restorable": 409,
  "release.rollback-blocked": 409,
  "secret.missing": 422,
  "rollout.failed": 422,
  "run.failed": 422,
  "runtime.failed": 500,
  "server.unreachable": 503,
  "settings.invalid": 500,
  "source.unsupported": 422,
  "store.failed": 500,
  superseded: 409,
  timeout: 504,
  "upgrade.required": 426,
  "workload.not-found": 404,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

export interface BerthErrorOptions {
  /** The file, key or name it concerns, such as `services.web.scale.max`. */
  path?: string;
  /** What to do about it, one sentence. */
  hint?: string;
  /** Further lines that help: the last output of a build, a list of what is wrong. */
  details?: readonly string[];
  /** Of a command that ended with one. */
  exitCode?: number | undefined;
  cause?: unknown;
}

/** An error that is told to a person: what is wrong in one sentence, where, and what to do. */
export class BerthError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly path: string | undefined;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly exitCode: number | undefined;

  constructor(code: ErrorCode, message: string, options: BerthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BerthError";
    this.code = code;
    this.status = errorStatus[code];
    this.path = options.path;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.exitCode = options.exitCode;
  }
}

/** What was thrown, as an error a person can be told; whatever is not a BerthError becomes `internal`. */
export function toBerthError(thrown: unknown): BerthError {
  if (thrown instanceof BerthError) return thrown;
  if (hasCode(thrown, "ENOSPC") || hasCode(thrown, "SQLITE_FULL")) {
    return new BerthError("disk.full", "The disk that holds BERTH_HOME is full.", {
      hint: "Free some space and try again; nothing that was live has changed.",
      cause: thrown,
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BerthError("internal", message, { cause: thrown });
}

/** Whether somebody else has changed the same on a cluster: nothing of Berth's is wrong, and it is put right by trying again. */
export function isConflict(thrown: unknown): thrown is BerthError {
  return thrown instanceof BerthError && thrown.code === "cluster.conflict";
}

/** Whether a thrown value carries this system error code (`ENOENT`, `EADDRINUSE`, …). */
export function hasCode(thrown: unknown, code: string): boolean {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === code;
}
