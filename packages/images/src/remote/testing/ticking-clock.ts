import { systemClock } from "@berth/core";
import type { Clock } from "@berth/core";

export interface TickingClock extends Clock {
  /** Ends all sleeps of this length that have begun. */
  tick(ms: number): void;
}

/** A clock whose sleeps of these lengths end when a test says so, and all others by themselves. */
export function makeTickingClock(...lengths: number[]): TickingClock {
  const sleeping = new Set<{ ms: number; wake(): void }>();
  return {
    now: systemClock.now,
    sleep(ms, signal) {
      if (!lengths.includes(ms)) return systemClock.sleep(ms, signal);
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { ms, wake };
        sleeping.add(sleeper);
        signal?.addEventListener("abort", wake, { once: true });
        function wake() {
          sleeping.delete(sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        }
      });
    },
    tick(ms) {
      for (const sleeper of sleeping) if (sleeper.ms === ms) sleeper.wake();
    },
  };
}
