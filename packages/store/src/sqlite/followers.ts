import type { Log, OperationEvent } from "@berth/core";
import { type Listeners, makeListeners } from "./listeners.ts";

type Told = OperationEvent | "ended";

/** Who follows which operation in this process. */
export interface Followers {
  /** Returns how to stop. */
  add(operation: string, listener: (told: Told) => void): () => void;
  appended(operation: string, events: readonly OperationEvent[]): void;
  ended(operation: string): void;
}

export function makeFollowers(log: Log): Followers {
  const following = new Map<string, Listeners<Told>>();

  return {
    add(operation, listener) {
      const listeners = following.get(operation) ?? makeListeners<Told>(log);
      following.set(operation, listeners);
      const remove = listeners.add(listener);
      return () => {
        remove();
        if (listeners.isEmpty() && following.get(operation) === listeners) following.delete(operation);
      };
    },
    appended(operation, events) {
      for (const event of events) following.get(operation)?.tell(event);
    },
    ended: (operation) => following.get(operation)?.tell("ended"),
  };
}
