import type { Clock, LogLine, Operation, Runtime } from "@berth/core";
import { BerthError } from "@berth/core";
import type { EnvironmentKeeper } from "./environment.ts";
import { taskOutput } from "./task-output.ts";

/** So long what has ended stays, for whoever reads its output. */
const lingerMs = 30_000;

/** The commands that run beside releases, or did a moment ago, with what they print. */
export interface Runs {
  /** Its output is to be had once it was `started`, and is over once it has `ended`, or could not be started. */
  open(operation: string, task: string): { started(): void; ended(): void };
  /** Lets the command's task go once it has been read. */
  forgetLater(operation: Operation, keeper: Pick<EnvironmentKeeper, "releaseTask">): Promise<void>;
  /** All that it prints, from its beginning on; ends with it. Throws `not-found` where it is not kept any more. */
  output(operation: string, signal: AbortSignal): AsyncIterable<LogLine>;
}

interface Run {
  task: string;
  /** Resolves with whether it was started. */
  begun: PromiseWithResolvers<boolean>;
  ended: AbortController;
}

export function makeRuns(deps: { runtime: Pick<Runtime, "logs">; clock: Clock; stopping: AbortSignal }): Runs {
  const { runtime, clock, stopping } = deps;
  const runs = new Map<string, Run>();
  return {
    open(operation, task) {
      const run: Run = { task, begun: Promise.withResolvers(), ended: new AbortController() };
      runs.set(operation, run);
      const begin = (isThere: boolean) => run.begun.resolve(isThere);
      return {
        started: () => begin(true),
        ended() {
          begin(false);
          run.ended.abort();
        },
      };
    },
    async forgetLater({ id }, keeper) {
      await clock.sleep(lingerMs, stopping);
      runs.delete(id);
      if (!stopping.aborted) keeper.releaseTask(id);
    },
    async *output(operation, signal) {
      const run = runs.get(operation);
      if (run === undefined) {
        throw new BerthError("not-found", "The output of this operation is not kept any more.", {
          path: operation,
          hint: `berth operations show ${operation} tells how it ended.`,
        });
      }
      if (await run.begun.promise) yield* taskOutput(runtime, run.task, run.ended.signal, signal);
    },
  };
}
