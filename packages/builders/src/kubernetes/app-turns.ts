/** Lets one build of an app after the other have its cache volume. */
export interface AppTurns {
  /**
   * `waits` is called where another has it, and what `work` holds it for keeps the next out though `work` has ended. Throws the signal's
   * reason where that aborts before its turn.
   */
  take<T>(app: string, signal: AbortSignal, waits: () => void, work: (hold: Hold) => Promise<T>): Promise<T>;
}

export type Hold = (until: Promise<unknown>) => void;

export function makeAppTurns(): AppTurns {
  const tails = new Map<string, Promise<void>>();
  return {
    async take(app, signal, waits, work) {
      const before = tails.get(app);
      const mine = Promise.withResolvers<void>();
      const held: Promise<unknown>[] = [];
      const tail = (before ?? Promise.resolve()).then(() => mine.promise);
      tails.set(app, tail);
      void tail.then(() => tails.get(app) === tail && tails.delete(app));
      try {
        if (before !== undefined) {
          waits();
          await orAborted(before, signal);
        }
        return await work((until) => void held.push(until));
      } finally {
        void Promise.allSettled(held).then(() => mine.resolve());
      }
    },
  };
}

async function orAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([waiting, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
