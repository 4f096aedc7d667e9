import { BerthError, type Clock, type LogLine, type Runtime } from "@berth/core";
import { taskOutput } from "./task-output.ts";

/** So long what has ended stays, for whoever reads its output. */
export const lingerMs = 30_000;

/** The commands that run beside releases, or did a moment ago, with what they print. */
export interface Runs {
  /** An operation runs a command, or is about to, until `done`. */
  expect(operation: string, done: Promise<unknown>): void;
  /** Its task is there. */
  started(operation: string, task: string): void;
  /** All that it prints, from its beginning on; ends with it. Throws `not-found` where it is not kept any more. */
  output(operation: string, signal: AbortSignal): AsyncIterable<LogLine>;
}

interface Run {
  /** Null where it could not be started. */
  task: PromiseWithResolvers<string | null>;
  ended: AbortController;
}

export function makeRuns(deps: { runtime: Pick<Runtime, "logs">; clock: Clock; stopping: AbortSignal }): Runs {
  const { runtime, clock, stopping } = deps;
  const runs = new Map<string, Run>();

  function runOf(operation: string): Run {
    const run = runs.get(operation) ?? { task: Promise.withResolvers(), ended: new AbortController() };
    runs.set(operation, run);
    return run;
  }

  async function forget(operation: string, run: Run, done: Promise<unknown>) {
    await done;
    run.task.resolve(null);
    run.ended.abort();
    await clock.sleep(lingerMs, stopping);
    runs.delete(operation);
  }

  return {
    expect: (operation, done) => void forget(operation, runOf(operation), done),
    // It may be told before it is expected.
    started: (operation, task) => runOf(operation).task.resolve(task),
    async *output(operation, signal) {
      const run = runs.get(operation);
      if (run === undefined) {
        throw new BerthError("not-found", "The output of this operation is not kept any more.", {
          path: operation,
          hint: `berth operations show ${operation} tells how it ended.`,
        });
      }
      const task = await run.task.promise;
      if (task !== null) yield* taskOutput(runtime, task, run.ended.signal, signal);
    },
  };
}
