import { BerthError } from "@berth/core/errors";
import type { Operation, OperationEvent } from "@berth/core";
import type { TimelineItem } from "../timeline.ts";
import { errorOf, type Fetch, unreachable } from "./checked-fetch.ts";
import { readServerSentEvents } from "./sse.ts";

export interface FollowOptions {
  /** Only events with a higher sequence number. */
  after?: number;
  signal?: AbortSignal;
}

/** Pauses before connecting again; after the last one without anything new, it gives up. */
const pausesMs = [100, 200, 400, 800, 1600, 3000, 3000, 3000, 3000, 3000, 3000, 3000];

/**
 * The events of an operation as they happen, then how it ended. Connects again where the connection breaks or the server restarts,
 * and goes on after the last event it had. Throws `operation.not-found`, `server.unreachable` after about half a minute without the server.
 */
export async function* followOperation(
  deps: { fetch: Fetch; url: string; headers: Record<string, string>; pause: (ms: number) => Promise<void> },
  id: string,
  options: FollowOptions = {},
): AsyncGenerator<TimelineItem> {
  const address = `${deps.url}/api/v1/operations/${encodeURIComponent(id)}/events`;
  let last = options.after ?? 0;
  let failures = 0;
  let failure: unknown;
  while (failures <= pausesMs.length) {
    try {
      const headers = { ...deps.headers, accept: "text/event-stream", "last-event-id": String(last) };
      const response = await deps.fetch(address, { headers, signal: options.signal ?? null });
      for await (const item of readTimelineItems(response, deps.url)) {
        if (item.kind === "event" && item.event.seq <= last) continue;
        if (item.kind === "event") last = item.event.seq;
        failures = 0;
        yield item;
        if (item.kind === "ended") return;
      }
    } catch (thrown) {
      if (options.signal?.aborted === true) return;
      if (thrown instanceof BerthError && thrown.code !== "server.unreachable") throw thrown;
      failure = thrown;
    }
    await deps.pause(pausesMs[failures] ?? 0);
    if (options.signal?.aborted === true) return;
    failures += 1;
  }
  throw failure instanceof BerthError ? failure : unreachable(deps.url, failure);
}

async function* readTimelineItems(response: Response, url: string): AsyncGenerator<TimelineItem> {
  if (response.body === null) return;
  for await (const { event, data } of readServerSentEvents(response.body)) {
    if (event === "error") throw errorOf(JSON.parse(data), url);
    if (event === "ended") {
      const operation: Operation = JSON.parse(data);
      yield { kind: "ended", operation };
    } else if (event === "event") {
      const entry: OperationEvent = JSON.parse(data);
      yield { kind: "event", event: entry };
    }
  }
}
