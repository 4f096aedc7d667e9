import type { Client, ServiceLogLine, StreamLogsOptions } from "@berth/api/client";
import { BerthError } from "@berth/core/errors";

export interface ReadLogsDeps {
  client: Pick<Client, "streamLogs">;
  signal: AbortSignal;
  /** Tells that the server is away, and that it is back. */
  say(text: string): void;
  /** Waits, or less where the signal aborts. A timer unless given. */
  pause?(ms: number, signal: AbortSignal): Promise<void>;
}

const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** What may have been printed while nobody listened. */
const caughtUpLines = 10_000;

/** Where reading an instance's lines stands: the time of the last one, and how many had that same time. */
interface Mark {
  at: number;
  count: number;
}

/**
 * Log lines of an environment. Following goes on when the server comes back from a restart, without repeating a line: lines of one
 * instance come in order, so those up to its mark have been shown.
 */
export async function* readLogs(
  { client, signal, say, pause = sleep }: ReadLogsDeps,
  request: Omit<StreamLogsOptions, "signal">,
): AsyncGenerator<ServiceLogLine> {
  const marks = new Map<string, Mark>();
  let pauseMs = firstPauseMs;
  let isAway = false;
  let isAgain = false;
  while (!signal.aborted) {
    const seen = new Map([...marks].map(([instance, mark]) => [instance, { ...mark }]));
    try {
      const tail = isAgain ? caughtUpLines : request.tail;
      for await (const line of client.streamLogs({ ...request, ...(tail !== undefined && { tail }), signal })) {
        if (isAway) say("The server is back.");
        isAway = false;
        pauseMs = firstPauseMs;
        if (isRepeated(line, seen)) continue;
        remember(line, marks);
        yield line;
      }
      if (request.follow !== true) return;
    } catch (error) {
      const mayComeBack = error instanceof BerthError && error.code === "server.unreachable";
      if (request.follow !== true || !mayComeBack) throw error;
      if (!isAway) say("The server is away; waiting for it.");
      isAway = true;
    }
    if (signal.aborted) return;
    isAgain = true;
    await pause(pauseMs, signal);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  }
}

/** Whether a line was shown before the connection broke. Counts down what had the time of the mark. */
function isRepeated({ instance, at }: ServiceLogLine, seen: Map<string, Mark>): boolean {
  const mark = seen.get(instance);
  if (mark === undefined || at > mark.at) return false;
  if (at < mark.at) return true;
  mark.count -= 1;
  return mark.count >= 0;
}

function remember({ instance, at }: ServiceLogLine, marks: Map<string, Mark>): void {
  const mark = marks.get(instance);
  if (mark !== undefined && mark.at === at) mark.count += 1;
  else if (mark === undefined || at > mark.at) marks.set(instance, { at, count: 1 });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
