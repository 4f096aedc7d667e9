import type { Clock } from "@berth/core";

/** Does something after `ms`, unless the returned function is called before. */
export function later(clock: Pick<Clock, "sleep">, ms: number, act: () => void): () => void {
  const cancelled = new AbortController();
  const wait = async () => {
    await clock.sleep(ms, cancelled.signal);
    if (!cancelled.signal.aborted) act();
  };
  void wait();
  return () => cancelled.abort();
}
