/** Runs work one after the other per key, in the order it was asked for. Work that fails does not keep the next from running. */
export type Serial = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function makeSerial(): Serial {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const mine = (tails.get(key) ?? Promise.resolve()).then(work, work);
    const tail = mine.catch(() => undefined);
    tails.set(key, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
