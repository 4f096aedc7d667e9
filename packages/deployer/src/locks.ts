/** Runs work one after the other per key, in the order it was asked for. */
export interface Locks {
  withLock<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Whether anything holds or waits for this key. */
  isHeld(key: string): boolean;
}

export function makeLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async withLock(key, work) {
      const before = tails.get(key) ?? Promise.resolve();
      const mine = before.then(work, work);
      const tail = mine.catch(() => undefined);
      tails.set(key, tail);
      try {
        return await mine;
      } finally {
        if (tails.get(key) === tail) tails.delete(key);
      }
    },
    isHeld: (key) => tails.has(key),
  };
}
