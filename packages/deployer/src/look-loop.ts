import type { Clock } from "@berth/core";

/** What a timer can hold; a look that comes too early does no harm. */
const longestTimerMs = 2 ** 31 - 1;

/** A level-triggered loop: events only say "look now", passes never overlap, and one asked for during a pass follows it. */
export interface LookLoop {
  /** Resolves when a pass that began after this call has ended, whether it went well or not. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** `pass` returns when to look again by itself (ms since the epoch), or null. One that throws is reported and tried again after `retryMs`. */
export function startLookLoop(options: {
  pass: () => Promise<number | null>;
  onError: (error: unknown) => void;
  retryMs: number;
  clock: Clock;
}): LookLoop {
  const { pass, onError, retryMs, clock } = options;
  let alarm: AbortController | null = null;
  let current: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  let stopped = false;

  async function run() {
    alarm?.abort();
    alarm = null;
    const lookAgainAt = await pass().catch((error: unknown) => {
      onError(error);
      return clock.now() + retryMs;
    });
    if (lookAgainAt === null || stopped) return;
    alarm = new AbortController();
    void lookIn(Math.max(lookAgainAt - clock.now(), 1), alarm.signal);
  }

  async function lookIn(ms: number, signal: AbortSignal) {
    await clock.sleep(Math.min(ms, longestTimerMs), signal);
    if (!signal.aborted) await look();
  }

  function look(): Promise<void> {
    if (stopped) return Promise.resolve();
    if (current === null) {
      current = run().finally(() => {
        current = null;
      });
      return current;
    }
    following ??= current.then(() => {
      following = null;
      return look();
    });
    return following;
  }

  return {
    look,
    async stop() {
      stopped = true;
      alarm?.abort();
      await current;
    },
  };
}
