import type { Clock } from "../../packages/core/src/index.ts";

export interface ManualClock extends Clock {
  /** Goes on by so many milliseconds and wakes those whose time has come. */
  advance(ms: number): void;
  /** How many wait. */
  sleeping(): number;
}

/** A clock that stands until it is moved. */
export function makeManualClock(): ManualClock {
  let time = 1_767_225_600_000;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => time,
    sleeping: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const sleeper = {
          at: time + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      }),
    advance(ms) {
      time += ms;
      for (const sleeper of sleepers) if (sleeper.at <= time) sleeper.wake();
    },
  };
}
