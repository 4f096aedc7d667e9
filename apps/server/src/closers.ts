/** What has to be ended, in the order opposite to that in which it was begun. */
export interface Closers {
  add(close: () => Promise<unknown> | void): { replace(close: () => Promise<unknown> | void): void };
  /** Ends everything once; one that fails does not keep the others from being ended, and is thrown at the end. */
  close(): Promise<void>;
}

export function makeClosers(): Closers {
  const entries: { close: () => Promise<unknown> | void }[] = [];
  return {
    add(close) {
      const entry = { close };
      entries.push(entry);
      return {
        replace(other) {
          entry.close = other;
        },
      };
    },
    async close() {
      const failures: unknown[] = [];
      for (const entry of entries.splice(0).toReversed()) {
        try {
          await entry.close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
