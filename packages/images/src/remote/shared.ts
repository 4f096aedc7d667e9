/** Work that several wait for, and is done once. */
export interface Shared<Result, News> {
  /**
   * Starts the work of this key, or waits for what is under way. What it reports goes to all who wait. One who aborts leaves;
   * when nobody is left the work is aborted.
   */
  run(
    key: string,
    signal: AbortSignal,
    hear: (news: News) => void,
    start: (signal: AbortSignal, report: (news: News) => void) => Promise<Result>,
  ): Promise<Result>;
}

interface Work<Result, News> {
  result: Promise<Result>;
  listeners: Set<(news: News) => void>;
  abort: AbortController;
}

export function makeShared<Result, News = never>(): Shared<Result, News> {
  const running = new Map<string, Work<Result, News>>();

  function begin(key: string, start: (signal: AbortSignal, report: (news: News) => void) => Promise<Result>) {
    const abort = new AbortController();
    const listeners = new Set<(news: News) => void>();
    const report = (news: News) => listeners.forEach((hear) => hear(news));
    const result = start(abort.signal, report).finally(() => running.delete(key));
    result.catch(() => {});
    const work = { result, listeners, abort };
    running.set(key, work);
    return work;
  }

  return {
    async run(key, signal, hear, start) {
      signal.throwIfAborted();
      for (;;) {
        const known = running.get(key);
        // What nobody waited for any more is ending; it has to be gone before the same can begin anew.
        if (known?.abort.signal.aborted === true) {
          await known.result.catch(() => {});
          signal.throwIfAborted();
          continue;
        }
        const work = known ?? begin(key, start);
        const mine = (news: News) => hear(news);
        work.listeners.add(mine);
        try {
          return await orAborted(work.result, signal);
        } finally {
          work.listeners.delete(mine);
          if (work.listeners.size === 0) work.abort.abort();
        }
      }
    },
  };
}

function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
