import { BerthError } from "@berth/core/errors";
import type { ServiceLogLine } from "../deps.ts";
import { errorOf, type Fetch, unreachable } from "./checked-fetch.ts";
import type { OutputLine } from "../schemas/log-line.ts";
import { readLines } from "./lines.ts";

export interface StreamLogsOptions {
  app: string;
  environment: string;
  /** At most this many of the newest lines first; the server's default is 100. */
  tail?: number;
  /** Go on with new lines until the signal aborts. */
  follow?: boolean;
  service?: string;
  /** 12 for v12. */
  release?: number;
  signal?: AbortSignal;
}

export interface StreamDeps {
  fetch: Fetch;
  url: string;
  headers: Record<string, string>;
}

/** Log lines of an environment. Ends quietly when the signal aborts; throws what the API answers, or `server.unreachable` where the connection breaks. */
export async function* streamLogs(deps: StreamDeps, options: StreamLogsOptions): AsyncGenerator<ServiceLogLine> {
  const { app, environment, tail, follow, service, release, signal } = options;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ tail, follow, service, release })) {
    if (value !== undefined) query.set(name, String(value));
  }
  const scope = `apps/${encodeURIComponent(app)}/environments/${encodeURIComponent(environment)}`;
  yield* readNdjson<ServiceLogLine>(deps, `${scope}/logs?${query}`, signal);
}

/** What a run prints, to its end. Ends quietly when the signal aborts; throws as `streamLogs` does. */
export function streamOutput(deps: StreamDeps, operation: string, signal?: AbortSignal): AsyncGenerator<OutputLine> {
  return readNdjson<OutputLine>(deps, `operations/${encodeURIComponent(operation)}/output`, signal);
}

async function* readNdjson<Line extends object>(
  deps: StreamDeps,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Line> {
  try {
    const response = await deps.fetch(`${deps.url}/api/v1/${path}`, { headers: deps.headers, signal: signal ?? null });
    if (response.body === null) return;
    for await (const line of readLines(response.body)) {
      if (line !== "") yield readLine<Line>(line, deps.url);
    }
  } catch (thrown) {
    if (signal?.aborted === true) return;
    throw thrown instanceof BerthError ? thrown : unreachable(deps.url, thrown);
  }
}

function readLine<Line extends object>(text: string, url: string): Line {
  const line: Line | { error: unknown } = JSON.parse(text);
  if ("error" in line) throw errorOf(line.error, url);
  return line;
}
