import type { LeaseRecord } from "./lease-record.ts";

/** How long a lease is good for. `renewDeadlineMs` has to be less than `durationMs`: what is between is for calls under way, and for clocks that do not go alike. */
export interface LeaseTiming {
  /** Others leave a lease alone for so long after they have seen its last renewal. */
  durationMs: number;
  /** The holder acts for so long after it has asked for its last renewal, and not a moment longer. */
  renewDeadlineMs: number;
  /** How often it is renewed, or looked at. */
  retryMs: number;
}

/** Those of the cluster's own controllers. */
export const defaultTiming: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export type LeaseStep =
  | { kind: "make" }
  /** It is free, was given up, or is one's own. */
  | { kind: "take" }
  | { kind: "wait"; holder: string };

/**
 * What to do about a lease. `unchangedMs`: for how long it has been seen as it is, by the own clock; what time its holder says it
 * renewed it at does not count, for that is by another clock. So it is decided in client-go's leader election, too.
 */
export function decideLease(seen: { record: LeaseRecord; unchangedMs: number } | null, identity: string): LeaseStep {
  if (seen === null) return { kind: "make" };
  const { holder, durationMs } = seen.record;
  if (holder === null || holder === identity || seen.unchangedMs >= durationMs) return { kind: "take" };
  return { kind: "wait", holder };
}
