/** Runs work, at most so much of it at the same time; the rest waits in order. */
export type Limiter = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

export function makeLimiter(most: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];

  return async (signal, work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The place goes to the next in line, so the count stays.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
