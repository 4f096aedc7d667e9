import type { Clock, Random } from "@berth/core";
import type { RemoteLimits } from "../limits.ts";
import { isPassing, RemoteProblem } from "./problem.ts";

export interface RetryDeps {
  clock: Clock;
  random: Random;
  limits: RemoteLimits;
}

/** What an attempt may say of itself. */
export interface Attempt {
  /** 1 for the first. */
  number: number;
  /** It has got somewhere, so what fails now is not the same failure again. */
  progress(): void;
}

/**
 * Makes an attempt, and after a failure that may pass another one, `attempts` in all. The pauses double, with a random part
 * so that many who failed together do not come back together ("equal jitter").
 */
export async function retry<T>(
  { clock, random, limits }: RetryDeps,
  attempts: number,
  signal: AbortSignal,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (let number = 1; ; number++) {
    try {
      return await work({ number, progress: () => void (failures = 0) });
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      const pauseMs = error instanceof RemoteProblem ? pauseAfter(error, failures, limits, random) : null;
      if (pauseMs === null || failures >= attempts) throw error;
      await clock.sleep(pauseMs, signal);
      signal.throwIfAborted();
    }
  }
}

/** How long to wait after this failure, in ms; null where waiting does not help. */
export function pauseAfter(
  problem: RemoteProblem,
  failures: number,
  limits: RemoteLimits,
  random: Random,
): number | null {
  if (!isPassing(problem)) return null;
  const { retryAfterMs } = problem.options;
  if (retryAfterMs !== undefined && retryAfterMs > limits.longestRetryAfterMs) return null;
  const pauseMs = Math.min(limits.pauseMs * 2 ** (failures - 1), limits.longestPauseMs);
  const part = (random.bytes(1)[0] ?? 0) / 255;
  return Math.max(retryAfterMs ?? 0, pauseMs * (0.5 + part / 2));
}
