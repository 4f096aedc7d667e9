import type { OperationEvent, Store } from "@berth/core";

/** Reads an operation's events after `afterSeq` until it ends, as any reader must: first follow, then read what there is, then go on with what came meanwhile. */
export async function readTimeline(store: Store, id: string, afterSeq: number): Promise<number[]> {
  const followed: OperationEvent[] = [];
  let stop = () => undefined as void;
  const ended = new Promise<void>((resolve) => {
    stop = store.operations.follow(id, (event) => {
      if (event === "ended") resolve();
      else followed.push(event);
    });
  });
  const read = (await store.operations.events(id, afterSeq)).map(({ seq }) => seq);
  await ended;
  stop();
  const last = read.at(-1) ?? afterSeq;
  return [...read, ...followed.map(({ seq }) => seq).filter((seq) => seq > last)];
}
