import { commandText } from "@berth/core";
import type { BuildFailure, BuildSink, BuildStep, Clock } from "@berth/core";
import type { Place } from "./executor.ts";
import { makeTelling } from "./hints.ts";
import type { Secrets } from "./secrets/secrets.ts";
import { stepFailure } from "./step-failure.ts";

export interface StepsRun {
  steps: readonly BuildStep[];
  secrets: Secrets;
  /** Where the tools are, to be said in a hint. */
  where: string;
}

/** Runs steps one after the other; the first that fails ends it. */
export async function runSteps(
  place: Place,
  { steps, secrets, where }: StepsRun,
  sink: BuildSink,
  clock: Pick<Clock, "now">,
): Promise<BuildFailure | null> {
  for (const step of steps) {
    const startedAt = clock.now();
    sink.start(step.name, secrets.mask(commandText(step.command)));
    const isTelling = makeTelling();
    const tell = (text: string) => {
      if (isTelling(text)) sink.line(text);
    };
    const failure = stepFailure(step, await place.run(step, tell, secrets.mask), where);
    if (failure !== null) return { ...failure, message: secrets.mask(failure.message) };
    sink.end(step.name, clock.now() - startedAt);
  }
  return null;
}
