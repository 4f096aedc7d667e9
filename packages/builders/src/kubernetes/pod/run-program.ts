import type { Clock } from "@berth/core";
import type { StepResult } from "../../build/executor.ts";
import { makeOutput } from "../../build/output/lines.ts";
import type { StepsContainer } from "./control.ts";
import { makeStepScript } from "./step-script.ts";
import type { StepProgram } from "./step-script.ts";

export interface TimedProgram extends StepProgram {
  timeoutMs: number;
  mask?: (text: string) => string;
}

export type RunProgram = (
  program: TimedProgram,
  line: (text: string) => void,
  signal: AbortSignal,
) => Promise<StepResult>;

/** Runs programs in the container of the steps, each with all that it starts until it ends or takes too long. */
export function makeRunProgram(container: StepsContainer, clock: Clock): RunProgram {
  return async (program, line, signal) => {
    signal.throwIfAborted();
    const output = makeOutput(line, program.mask);
    const [stdout, stderr] = [output.reader(), output.reader()];
    const done = new AbortController();
    let timedOut = false;
    const watch = async () => {
      await clock.sleep(program.timeoutMs, done.signal);
      timedOut = !done.signal.aborted;
      if (timedOut) await container.clean();
    };
    // A container that is gone is told of by what runs in it.
    watch().catch(() => {});
    try {
      const end = await container.run(
        makeStepScript(program),
        (chunk) => stdout.write(chunk),
        (chunk) => stderr.write(chunk),
      );
      for (const reader of [stdout, stderr]) reader.end();
      const exitCode = timedOut || end === null || end.isMissing ? null : end.exitCode;
      return { exitCode, signal: null, timedOut, notFound: end?.isMissing ?? false, lines: output.last() };
    } finally {
      done.abort();
    }
  };
}
