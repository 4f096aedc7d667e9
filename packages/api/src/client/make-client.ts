import { hc } from "hono/client";
import type { ApiType } from "../api.ts";
import type { ServiceLogLine } from "../deps.ts";
import type { TimelineItem } from "../timeline.ts";
import { type Fetch, makeCheckedFetch } from "./checked-fetch.ts";
import { encodeParams } from "./encode-params.ts";
import { followOperation, type FollowOptions } from "./follow-operation.ts";
import type { OutputLine } from "../schemas/log-line.ts";
import { openExec, type OpenedExec, type OpenExecOptions } from "./open-exec.ts";
import { openRun, type OpenedRun, type OpenRunOptions } from "./open-run.ts";
import { streamLogs, type StreamLogsOptions, streamOutput } from "./stream-logs.ts";

export interface ClientOptions {
  /** Where the server is, such as `http://localhost:4000`. */
  url: string;
  token: string;
  /** Node's own unless given. */
  fetch?: Fetch;
  /** How to wait before connecting again; a timer unless given. */
  pause?: (ms: number) => Promise<void>;
}

export interface Client {
  /** All routes with their types: `client.api.apps[":app"].$get({ param: { app } })`. Whatever is no success is thrown as a BerthError. */
  api: ReturnType<typeof hc<ApiType>>["api"]["v1"];
  followOperation(id: string, options?: FollowOptions): AsyncGenerator<TimelineItem>;
  streamLogs(options: StreamLogsOptions): AsyncGenerator<ServiceLogLine>;
  /** What the command of a run prints, to its end. */
  streamOutput(operation: string, signal?: AbortSignal): AsyncGenerator<OutputLine>;
  /** Runs a program beside an instance. */
  openExec(options: OpenExecOptions): Promise<OpenedExec>;
  /** Runs a command on a release, with input. */
  openRun(options: OpenRunOptions): Promise<OpenedRun>;
}

/** A client of Berth's API. Nothing is sent until it is used. */
export function makeClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/+$/, "");
  const headers = { authorization: `Bearer ${options.token}` };
  const fetch = makeCheckedFetch(options.fetch ?? ((input, init) => globalThis.fetch(input, init)), url);
  const pause = options.pause ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const routes = hc<ApiType>(url, {
    headers,
    // Hono's client calls it with a URL as text only.
    fetch: (input: string | URL | Request, init?: RequestInit) => fetch(String(input), init ?? {}),
  });
  return {
    api: encodeParams(routes.api.v1),
    followOperation: (id, follow) => followOperation({ fetch, url, headers, pause }, id, follow),
    streamOutput: (operation, signal) => streamOutput({ fetch, url, headers }, operation, signal),
    openExec: (exec) => openExec({ url, headers }, exec),
    openRun: (run) => openRun({ url, headers }, run),
    streamLogs: (logs) => streamLogs({ fetch, url, headers }, logs),
  };
}
