import type { Operation, OperationEvent, OperationStore, StartedOperation } from "@berth/core";

/**
 * Shows each event of an operation while it happens, those before this call too, each once and in order.
 * Resolves with the operation when it has ended and all was shown.
 */
export async function relayOperation(
  operations: Pick<OperationStore, "events" | "follow">,
  { operation, done }: StartedOperation,
  show: (event: OperationEvent) => void,
): Promise<Operation> {
  let lastSeq = 0;
  let reading: Promise<void> | null = null;
  let isMore = false;

  function showOne(event: OperationEvent) {
    lastSeq = event.seq;
    show(event);
  }

  /** The store is the order: what a notice brings is shown at once only where nothing is missing before it. */
  async function catchUp(): Promise<void> {
    do {
      isMore = false;
      for (const event of await operations.events(operation.id, lastSeq)) if (event.seq > lastSeq) showOne(event);
    } while (isMore);
  }

  function look(): Promise<void> {
    isMore = true;
    reading ??= catchUp().finally(() => (reading = null));
    return reading;
  }

  const unfollow = operations.follow(operation.id, (event) => {
    if (event === "ended") return;
    if (reading === null && event.seq === lastSeq + 1) showOne(event);
    else if (event.seq > lastSeq) look().catch(() => undefined);
  });
  try {
    await look();
    const ended = await done;
    await look();
    return ended;
  } finally {
    unfollow();
  }
}
