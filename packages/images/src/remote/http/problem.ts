/**
 * Why a registry did not do what it was asked for.
 * - `not-found`, `unauthorised`: it says so
 * - `refused`: it understands, and will not, whoever asks
 * - `busy`, `failed`: it asks for patience, or has a failure of its own
 * - `unknown`: nobody knows a machine of its name
 * - `unreachable`, `untrusted`: there is no connection, or none that can be trusted
 * - `stalled`, `broken`: the connection did not last
 * - `malformed`: what it says cannot be understood
 * - `corrupt`: what it sent is not what was asked for
 */
export type ProblemKind =
  | "not-found"
  | "unauthorised"
  | "refused"
  | "busy"
  | "failed"
  | "unknown"
  | "unreachable"
  | "untrusted"
  | "stalled"
  | "broken"
  | "malformed"
  | "corrupt";

export interface ProblemOptions {
  /** The status of its answer. */
  status?: number;
  /** What its answer calls the error, such as `MANIFEST_UNKNOWN`. */
  code?: string;
  /** How long it wants to be left alone, in ms. */
  retryAfterMs?: number;
  /** Which credentials were used, or where none were found. */
  credentials?: CredentialsUse;
  cause?: unknown;
}

export interface CredentialsUse {
  found: boolean;
  /** Such as `those of ada in /root/.docker/config.json`, or `none for ghcr.io in /root/.docker/config.json`. */
  text: string;
}

/** What went wrong between Berth and a registry, before it is known what that means for the person who waits. */
export class RemoteProblem extends Error {
  readonly kind: ProblemKind;
  /** Who it was: an origin, such as `https://ghcr.io`. */
  readonly origin: string;
  /** What it did, to be put after its name: `answers 503 (try later)`. */
  readonly said: string;
  readonly options: ProblemOptions;

  constructor(kind: ProblemKind, origin: string, said: string, options: ProblemOptions = {}) {
    super(`${origin} ${said}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RemoteProblem";
    this.kind = kind;
    this.origin = origin;
    this.said = said;
    this.options = options;
  }
}

const passing: ReadonlySet<ProblemKind> = new Set<ProblemKind>(["busy", "failed", "unreachable", "stalled", "broken"]);

/** Whether the same request may well succeed a little later. */
export function isPassing(problem: RemoteProblem): boolean {
  return passing.has(problem.kind);
}
