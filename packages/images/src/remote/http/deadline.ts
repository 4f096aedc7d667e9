import type { Clock } from "@berth/core";
import { later } from "./later.ts";

/** Runs work with a signal that also aborts after `ms`, with the reason that `late` makes. */
export async function withDeadline<T>(
  clock: Pick<Clock, "sleep">,
  ms: number,
  signal: AbortSignal,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const cancel = later(clock, ms, () => deadline.abort(late()));
  try {
    return await work(AbortSignal.any([signal, deadline.signal]));
  } finally {
    cancel();
  }
}
