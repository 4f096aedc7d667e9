import { BerthError, type OperationError } from "@berth/core";
import { operationError } from "./operation-errors.ts";

/** So long a cluster that an environment moves to may be out of reach. */
const awayMs = 30_000;
/** So long a move takes at the most: what is live still runs elsewhere, and pushes wait. */
const wholeMs = 10 * 60_000;

/** A deploy waits for a cluster that is away, for there is no other; a move is given up. */
export interface MovePatience {
  /** Why the move of this release is to be given up; null while it goes on. `failures` are those of the last look, where its cluster did not answer. */
  judge(move: { version: number; createdAt: number }, failures: readonly unknown[], now: number): OperationError | null;
  /** When that may change by itself. */
  until(move: { createdAt: number }): number;
}

export function makeMovePatience(): MovePatience {
  let away: { version: number; since: number } | null = null;
  return {
    judge({ version, createdAt }, [failure], now) {
      if (failure === undefined) away = null;
      else if (away?.version !== version) away = { version, since: now };
      if (away !== null && now - away.since >= awayMs) return operationError(failure);
      if (now - createdAt < wholeMs) return null;
      return operationError(
        failure ??
          new BerthError("timeout", `The move was not over within ${wholeMs / 60_000} minutes.`, {
            hint: "See how the cluster is: berth clusters list.",
          }),
      );
    },
    until: ({ createdAt }) => createdAt + wholeMs,
  };
}
