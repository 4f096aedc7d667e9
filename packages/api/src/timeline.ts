import type { Clock, Operation, OperationEvent, OperationStore } from "@berth/core";

/** What a reader of a timeline gets: its events in order, then how the operation ended. */
export type TimelineItem = { kind: "event"; event: OperationEvent } | { kind: "ended"; operation: Operation };

/** How long until a reader looks again without having been told to: it repairs whatever it was not told. */
const lookAgainMs = 5_000;

/**
 * The timeline of an operation after a sequence number, until it has ended or the signal aborts. Level-triggered: being told
 * only means to read on from the last number, so nothing is left out or repeated however events and notices interleave.
 * Ends without `ended` where the operation has been removed meanwhile.
 */
export async function* readTimeline(
  deps: { operations: OperationStore; clock: Clock },
  id: string,
  afterSeq: number,
  signal: AbortSignal,
): AsyncGenerator<TimelineItem> {
  const { operations, clock } = deps;
  let last = afterSeq;
  let bell = new AbortController();
  const ring = () => bell.abort();
  const unfollow = operations.follow(id, ring);
  signal.addEventListener("abort", ring);
  try {
    while (!signal.aborted) {
      bell = new AbortController();
      // First whether it has ended, then the events: those of an ended operation are all there.
      const operation = await operations.get(id);
      if (operation === null) return;
      for (const event of await operations.events(id, last)) {
        last = event.seq;
        yield { kind: "event", event };
      }
      if (operation.state !== "running") {
        yield { kind: "ended", operation };
        return;
      }
      if (!signal.aborted) await clock.sleep(lookAgainMs, bell.signal);
    }
  } finally {
    unfollow();
    signal.removeEventListener("abort", ring);
  }
}
