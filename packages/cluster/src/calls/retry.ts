import type { Random } from "@berth/core";
import { pauseMs } from "./backoff.ts";
import type { Call } from "./call.ts";

/** How an attempt failed. */
export type Failure =
  | { kind: "answered"; status: number; retryAfterMs: number | null }
  /** `unsent` where the API server cannot have seen it, such as a connection that was refused; `final` where it will fail so again. */
  | { kind: "unreachable"; certainty: "unsent" | "unknown" | "final" };

const attemptsAtMost = 5;
const backoff = { firstMs: 200, mostMs: 5_000 };

/** How long to wait before a call is sent again; null where it is not. */
export function retryPauseMs(
  call: Call,
  failure: Failure,
  attempts: number,
  leftMs: number,
  random: Random,
): number | null {
  if (attempts >= attemptsAtMost || !isWorthwhile(call, failure)) return null;
  const pause = pauseMs(attempts, backoff, random);
  const asked = failure.kind === "answered" ? failure.retryAfterMs : null;
  // What was asked for is waited for at the least; the rest keeps those apart who were told the same.
  const wait = asked === null ? pause : asked + pause;
  return wait < leftMs ? wait : null;
}

function isWorthwhile({ repeatable }: Call, failure: Failure): boolean {
  if (failure.kind === "unreachable") {
    return failure.certainty === "unsent" || (failure.certainty === "unknown" && repeatable);
  }
  // A busy API server turns calls away before it looks at them.
  if (failure.status === 429) return true;
  if (failure.status === 409) return repeatable;
  return failure.status >= 500 && failure.status !== 501 && repeatable;
}
