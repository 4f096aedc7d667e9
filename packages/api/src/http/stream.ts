import type { Clock } from "@berth/core";

const heartbeatMs = 15_000;

export interface StreamOptions {
  contentType: string;
  /** Sent when nothing else was for 15 seconds, so that proxies keep the connection and a dead one is noticed. */
  heartbeat: string;
  clock: Clock;
  /** Asked with each heartbeat; the stream ends when it says no. */
  stillAllowed: () => Promise<boolean>;
}

/**
 * An answer that goes on for as long as `source` does. It is read no faster than the client reads; when the client goes, the
 * signal handed to `source` aborts.
 */
export function streamResponse(
  source: (signal: AbortSignal) => AsyncIterable<string>,
  options: StreamOptions,
): Response {
  const { clock, heartbeat } = options;
  const gone = new AbortController();
  const chunks = source(gone.signal)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<string>> | undefined;

  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      next ??= chunks.next();
      const result = await nextOrNull(next, clock, gone.signal);
      if (gone.signal.aborted) return;
      if (result === null && (await options.stillAllowed())) {
        controller.enqueue(encoder.encode(heartbeat));
      } else if (result === null || result.done === true) {
        gone.abort();
        controller.close();
      } else {
        next = undefined;
        controller.enqueue(encoder.encode(result.value));
      }
    },
    async cancel() {
      gone.abort();
      // What the source still was to say is of no interest to anyone now.
      await next?.catch(() => undefined);
      await chunks.return?.();
    },
  });
  return new Response(body, { headers: { "content-type": options.contentType, "x-accel-buffering": "no" } });
}

/** The next chunk, or null after 15 seconds without one or when the client has gone. */
async function nextOrNull(
  next: Promise<IteratorResult<string>>,
  clock: Clock,
  gone: AbortSignal,
): Promise<IteratorResult<string> | null> {
  const timer = new AbortController();
  const stop = () => timer.abort();
  gone.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([next, clock.sleep(heartbeatMs, timer.signal).then(() => null)]);
  } finally {
    stop();
    gone.removeEventListener("abort", stop);
  }
}
