import type { Log } from "@berth/core";

/** Functions that want to be told of something. */
export interface Listeners<Event> {
  /** Returns how to stop. The same function may be added twice. */
  add(listener: (event: Event) => void): () => void;
  tell(event: Event): void;
  isEmpty(): boolean;
}

/** One that throws is logged and keeps neither the others from being told nor the transaction from being acknowledged. */
export function makeListeners<Event>(log: Log): Listeners<Event> {
  const listeners = new Set<{ listener: (event: Event) => void }>();
  return {
    add(listener) {
      const entry = { listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    tell(event) {
      for (const { listener } of listeners) {
        try {
          listener(event);
        } catch (error) {
          log.error({ err: error }, "a follower of the store failed");
        }
      }
    },
    isEmpty: () => listeners.size === 0,
  };
}
