import type { BuildSink } from "@berth/core";

interface Running<T> {
  promise: Promise<T>;
  controller: AbortController;
  callers: number;
  join(sink: BuildSink): () => void;
}

/**
 * Runs work with the same key once, however many ask for it: all get its result, and everything it tells from its beginning.
 * It is cancelled when the last of those who asked has gone.
 */
export function makeShared<T>() {
  const running = new Map<string, Running<T>>();

  function start(key: string, work: (sink: BuildSink, signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController();
    const { sink, join } = makeBroadcast();
    const promise = work(sink, controller.signal).finally(() => {
      if (running.get(key) === started) running.delete(key);
    });
    const started: Running<T> = { promise, controller, callers: 0, join };
    promise.catch(() => {});
    running.set(key, started);
    return started;
  }

  return async function share(
    key: string,
    sink: BuildSink,
    signal: AbortSignal,
    work: (sink: BuildSink, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const run = running.get(key) ?? start(key, work);
    run.callers++;
    const leave = run.join(sink);
    try {
      return await orAborted(run, signal, () => {
        // Nobody may join what is being cancelled.
        if (--run.callers > 0) return;
        running.delete(key);
        run.controller.abort(signal.reason);
      });
    } finally {
      leave();
    }
  };
}

/** The result, or the signal's reason: once the work has ended where this caller was the last, at once where others go on. */
async function orAborted<T>(run: Running<T>, signal: AbortSignal, onAbort: () => void): Promise<T> {
  let aborted: () => void = () => {};
  const cancelled = new Promise<never>((_, reject) => {
    aborted = () => {
      onAbort();
      if (run.callers > 0) return reject(signal.reason);
      run.promise.then(
        () => reject(signal.reason),
        () => reject(signal.reason),
      );
    };
  });
  signal.addEventListener("abort", aborted, { once: true });
  try {
    return await Promise.race([run.promise, cancelled]);
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

function makeBroadcast(): { sink: BuildSink; join(sink: BuildSink): () => void } {
  const told: ((sink: BuildSink) => void)[] = [];
  const sinks = new Set<BuildSink>();
  const tell = (event: (sink: BuildSink) => void) => {
    told.push(event);
    for (const sink of sinks) event(sink);
  };
  return {
    sink: {
      start: (step, text) => tell((sink) => sink.start(step, text)),
      line: (text) => tell((sink) => sink.line(text)),
      end: (step, durationMs) => tell((sink) => sink.end(step, durationMs)),
    },
    join(sink) {
      for (const event of told) event(sink);
      sinks.add(sink);
      return () => void sinks.delete(sink);
    },
  };
}
