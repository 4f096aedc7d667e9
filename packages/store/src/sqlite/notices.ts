export interface Notice {
  /** Its commit is acknowledged: followers may be told. */
  release(): void;
  /** Its commit is not acknowledged: nobody is told. */
  drop(): void;
}

export interface Notices {
  /** The callbacks of one commit, in the order in which the commits are made. They must not throw. */
  post(callbacks: readonly (() => void)[]): Notice;
}

/**
 * Tells followers what was committed, in the order of the commits: one that waits for its sync holds back those after it,
 * so that a follower sees sequence numbers only go up.
 */
export function makeNotices(): Notices {
  const queue: { callbacks: readonly (() => void)[]; isReady: boolean }[] = [];
  let isDraining = false;

  function drain(): void {
    // A follower may write in its turn; the loop below gets to that.
    if (isDraining) return;
    isDraining = true;
    while (queue[0]?.isReady) {
      for (const callback of queue.shift()?.callbacks ?? []) callback();
    }
    isDraining = false;
  }

  return {
    post(callbacks) {
      const entry = { callbacks, isReady: false };
      queue.push(entry);
      const settle = () => {
        entry.isReady = true;
        drain();
      };
      return {
        release: settle,
        drop() {
          entry.callbacks = [];
          settle();
        },
      };
    },
  };
}
