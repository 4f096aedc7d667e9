/** Hands items from several writers to one reader. A writer that is faster than the reader waits. */
export interface Channel<Item> extends AsyncIterable<Item[]> {
  /** Resolves when there is room again. */
  write(item: Item): Promise<void>;
  /** The reader gets what is left, and then the end, or the failure. */
  end(failure?: unknown): void;
}

/** What is read comes in batches: all that was written since the last one. */
export function makeChannel<Item>(capacity: number): Channel<Item> {
  let items: Item[] = [];
  let state: { ended: boolean; failure: unknown } = { ended: false, failure: undefined };
  let readable = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  return {
    async write(item) {
      if (state.ended) return;
      items.push(item);
      readable.resolve();
      if (items.length >= capacity) await room.promise;
    },
    end(failure) {
      if (state.ended) return;
      state = { ended: true, failure };
      readable.resolve();
      room.resolve();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        await readable.promise;
        const batch = items;
        items = [];
        if (batch.length > 0) yield batch;
        if (items.length > 0) continue;
        if (state.failure !== undefined) throw state.failure;
        if (state.ended) return;
        readable = Promise.withResolvers();
        room.resolve();
        room = Promise.withResolvers();
      }
    },
  };
}
