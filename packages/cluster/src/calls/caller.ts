import { BerthError } from "@berth/core";
import type { Clock, Log, Random } from "@berth/core";
import type { Credentials } from "../connection/credentials.ts";
import type { Answer, Transport } from "../connection/transport.ts";
import { certaintyOf, unreachable } from "../connection/unreachable.ts";
import { withQuery } from "../paths.ts";
import { parseRetryAfter } from "./backoff.ts";
import { methodOf } from "./call.ts";
import type { Call, CallRecord } from "./call.ts";
import { isBudgetRefusal, isPassingConflict, readRefusal, toClusterError } from "./refusal.ts";
import { retryPauseMs } from "./retry.ts";
import type { Failure } from "./retry.ts";
import { takeToken } from "./token-bucket.ts";
import type { Bucket, CallLimit } from "./token-bucket.ts";

export interface CallerDeps {
  transport: Transport;
  credentials: Credentials;
  clock: Clock;
  random: Random;
  log: Log;
  limit: CallLimit;
  /** Hears of each call and stream when it has been answered or has failed. */
  onCall: (record: CallRecord) => void;
}

/** The one place where the API server is called: it counts, holds back, repeats, gives up and explains. */
export interface Caller {
  /** The answer's JSON. Throws `cluster.*`, or the signal's reason. */
  send<T = unknown>(call: Call): Promise<T>;
  /** An answer that comes bit by bit; neither counted against the limit nor repeated. It just ends when `signal` aborts, and throws `cluster.unreachable` where it is cut. */
  open(call: Call & { signal: AbortSignal }, options?: { answersLate?: boolean }): Promise<AsyncIterable<Uint8Array>>;
}

const deadlineMs = 30_000;

type Outcome<T> = { ok: T; status: number } | { error: BerthError; failure: Failure; status: number | null };

export function makeCaller({ transport, credentials, clock, random, log, limit, onCall }: CallerDeps): Caller {
  let bucket: Bucket = { tokens: limit.burst, at: clock.now() };

  async function hold(signal?: AbortSignal): Promise<number> {
    const taken = takeToken(bucket, clock.now(), limit);
    bucket = taken.bucket;
    if (taken.waitMs > 0) await clock.sleep(taken.waitMs, signal);
    signal?.throwIfAborted();
    return taken.waitMs;
  }

  async function attempt<T>(
    call: Call,
    signal: AbortSignal,
    endless: boolean,
    read: (answer: Answer) => Promise<T> | T,
  ): Promise<Outcome<T>> {
    try {
      const answer = await transport.send({
        method: methodOf(call),
        path: withQuery(call.path, call.query),
        ...(call.body !== undefined && {
          body: JSON.stringify(call.body),
          headers: { "content-type": call.contentType ?? "application/json" },
        }),
        signal,
        endless,
      });
      if (answer.status >= 200 && answer.status < 300) {
        tellWarnings(call, answer);
        return { ok: await read(answer), status: answer.status };
      }
      const refusal = readRefusal(answer.status, await answer.body.text());
      const retryAfterMs = parseRetryAfter(textOf(answer.headers["retry-after"]), clock.now());
      const isFinal = isBudgetRefusal(refusal) || (answer.status === 409 && !isPassingConflict(refusal, call));
      const failure: Failure = isFinal
        ? { kind: "unreachable", certainty: "final" }
        : { kind: "answered", status: answer.status, retryAfterMs };
      return { error: toClusterError(refusal, call), failure, status: answer.status };
    } catch (thrown) {
      if (thrown instanceof BerthError) {
        return { error: thrown, failure: { kind: "unreachable", certainty: "final" }, status: null };
      }
      const failure = { kind: "unreachable", certainty: certaintyOf(thrown) } as const;
      return { error: unreachable(credentials.server, thrown), failure, status: null };
    }
  }

  function tellWarnings({ subject }: Call, { headers }: Answer): void {
    const warnings = headers["warning"];
    for (const warning of Array.isArray(warnings) ? warnings : [warnings]) {
      if (warning !== undefined) log.warn({ object: subject }, `the cluster warns: ${warning.replace(/^299 - /, "")}`);
    }
  }

  /** Runs what may take no longer than the deadline; `left` is how much of it is left. */
  async function withDeadline<T>(
    outer: AbortSignal | undefined,
    work: (signal: AbortSignal, left: () => number) => Promise<T>,
  ): Promise<T> {
    const begin = clock.now();
    const late = new AbortController();
    const done = new AbortController();
    void clock.sleep(deadlineMs, done.signal).then(() => {
      if (!done.signal.aborted) late.abort(new Error(`no answer within ${deadlineMs / 1000} s`));
      return undefined;
    });
    const signal = outer === undefined ? late.signal : AbortSignal.any([outer, late.signal]);
    try {
      return await work(signal, () => deadlineMs - (clock.now() - begin));
    } finally {
      done.abort();
    }
  }

  async function send<T>(call: Call): Promise<T> {
    const begin = clock.now();
    let attempts = 0;
    let status: number | null = null;
    let renewed = false;
    const heldMs = await hold(call.signal);
    try {
      return await withDeadline(call.signal, async (signal, left) => {
        for (;;) {
          attempts++;
          const outcome = await attempt<T>(call, signal, false, async ({ body }) => JSON.parse(await body.text()));
          status = outcome.status;
          if ("ok" in outcome) return outcome.ok;
          call.signal?.throwIfAborted();
          if (status === 401 && !renewed) {
            renewed = true;
            await credentials.renew();
            continue;
          }
          const pause = retryPauseMs(call, outcome.failure, attempts, left(), random);
          if (pause === null) throw outcome.error;
          log.debug({ object: call.subject, status, attempts, pauseMs: pause }, "the cluster is asked again");
          await clock.sleep(pause, signal);
          call.signal?.throwIfAborted();
          await hold(call.signal);
        }
      });
    } finally {
      const { verb, resource } = call;
      onCall({ verb, resource, status, attempts, heldMs, durationMs: clock.now() - begin });
    }
  }

  async function* chunksOf(body: Answer["body"], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      if (!signal.aborted) throw unreachable(credentials.server, error);
    }
  }

  return {
    send,
    async open(call, { answersLate = false } = {}) {
      const begin = clock.now();
      const { verb, resource } = call;
      // The deadline is for the beginning only: once it has come, the stream ends by the caller's signal.
      const stop = new AbortController();
      const signal = AbortSignal.any([call.signal, stop.signal]);
      const begun = (): Promise<Outcome<Answer["body"]>> => attempt(call, signal, true, ({ body }) => body);
      const outcome = answersLate
        ? await begun()
        : await withDeadline(call.signal, async (deadline) => {
            const giveUp = () => stop.abort(deadline.reason);
            deadline.addEventListener("abort", giveUp, { once: true });
            try {
              return await begun();
            } finally {
              deadline.removeEventListener("abort", giveUp);
            }
          });
      const { status } = outcome;
      onCall({ verb, resource, status, attempts: 1, heldMs: 0, durationMs: clock.now() - begin });
      if ("ok" in outcome) return chunksOf(outcome.ok, call.signal);
      call.signal.throwIfAborted();
      if (status === 401) await credentials.renew();
      throw outcome.error;
    },
  };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
