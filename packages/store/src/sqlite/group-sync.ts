/**
 * Shares syncs between transactions that wait at the same time (group commit): a request made while a sync runs waits for
 * one more, which begins when the running one ends and serves everyone who came meanwhile. Whoever asks after its commit
 * is thus answered by a sync that began after that commit.
 */
export function makeGroupSync(sync: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let queued: Promise<void> | null = null;

  function begin(): Promise<void> {
    queued = null;
    const mine = sync().finally(() => {
      if (running === mine) running = null;
    });
    running = mine;
    return mine;
  }

  return () => {
    if (queued !== null) return queued;
    if (running === null) return begin();
    queued = running.then(begin, begin);
    return queued;
  };
}
