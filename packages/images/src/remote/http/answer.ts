import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Clock } from "@berth/core";
import type { RemoteLimits } from "../limits.ts";
import { networkProblem } from "./network-problem.ts";
import { RemoteProblem } from "./problem.ts";
import { startWatch } from "./watch.ts";

/** A response, whose body is read once or let go. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Who answered, after all redirects. */
  url: URL;
  /** The body as it comes. Throws a `RemoteProblem` where it breaks off or stalls. */
  chunks(): AsyncGenerator<Buffer>;
  /** The whole of a small body. Throws a `RemoteProblem`, also where there is more than `mostBytes`. */
  whole(mostBytes: number): Promise<Buffer>;
  /** Reads no further. */
  drop(): void;
}

export interface AnswerDeps {
  clock: Clock;
  limits: RemoteLimits;
}

/** So much of an unread body is read to the end, for that is cheaper than a new connection. */
const smallRestBytes = 64 * 1024;

export function makeAnswer(deps: AnswerDeps, response: IncomingMessage, url: URL, signal: AbortSignal): Answer {
  const chunks = () => readChunks(deps, response, url, signal);
  const whole = async (mostBytes: number) => {
    const parts: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of chunks()) {
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) throw new RemoteProblem("malformed", url.origin, `sends more than ${mostBytes} bytes`);
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  };
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    url,
    chunks,
    whole,
    drop: () => void whole(smallRestBytes).catch(() => {}),
  };
}

async function* readChunks(
  { clock, limits }: AnswerDeps,
  response: IncomingMessage,
  url: URL,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  /** Time that whoever takes the chunks has needed since the last look: that is not the registry's. */
  let takenMs = 0;
  const stop = startWatch(clock, limits.stallMs, {
    moved() {
      const moved = bytes >= limits.stallBytes || takenMs > limits.stallMs / 2;
      bytes = 0;
      takenMs = 0;
      return moved;
    },
    stalled: () => void response.destroy(stalledProblem(url, limits.stallMs)),
  });
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const since = clock.now();
      yield chunk;
      takenMs += clock.now() - since;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw networkProblem(error, url.origin) ?? error;
  } finally {
    stop();
  }
}

export function stalledProblem(url: URL, ms: number): RemoteProblem {
  return new RemoteProblem("stalled", url.origin, `has sent next to nothing for ${ms / 1000} s`);
}
