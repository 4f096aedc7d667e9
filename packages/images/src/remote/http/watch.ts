import type { Clock } from "@berth/core";

export interface Watched {
  /** Whether it has got on since the last look. */
  moved(): boolean;
  /** Called when it has not. */
  stalled(): void;
}

/** Looks every `ms` whether something gets on, until it does not or the returned function is called. */
export function startWatch(clock: Pick<Clock, "sleep">, ms: number, watched: Watched): () => void {
  const ended = new AbortController();
  const run = async () => {
    do {
      await clock.sleep(ms, ended.signal);
      if (ended.signal.aborted) return;
    } while (watched.moved());
    watched.stalled();
  };
  void run();
  return () => ended.abort();
}
