import type { Clock } from "../deps.ts";

/** A clock that stands still until it is moved on. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** How many sleep now. */
  sleepers(): number;
}

export function makeManualClock(): ManualClock {
  let now = 1_000;
  const sleeping = new Set<{ until: number; wake(): void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          until: now + ms,
          wake() {
            sleeping.delete(sleeper);
            resolve();
          },
        };
        if (signal?.aborted) return resolve();
        sleeping.add(sleeper);
        signal?.addEventListener("abort", () => sleeper.wake(), { once: true });
      }),
    advance(ms) {
      now += ms;
      for (const sleeper of sleeping) if (sleeper.until <= now) sleeper.wake();
    },
    sleepers: () => sleeping.size,
  };
}
