/** Work that is shared runs side by side; exclusive work waits for all that is under way and lets what comes later wait. */
export interface SharedLock {
  shared<T>(work: () => Promise<T>): Promise<T>;
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

export function makeSharedLock(): SharedLock {
  let lastExclusive: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<unknown>>();
  const settled = (work: Promise<unknown>) => work.catch(() => undefined);

  return {
    async shared(work) {
      const mine = lastExclusive.then(work);
      const end = settled(mine);
      running.add(end);
      try {
        return await mine;
      } finally {
        running.delete(end);
      }
    },
    exclusive(work) {
      const mine = Promise.all([lastExclusive, ...running]).then(work);
      lastExclusive = settled(mine);
      return mine;
    },
  };
}
