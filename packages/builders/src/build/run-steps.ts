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
    const shown = secretInArguments(step, secrets);
    if (shown !== null) return shown;
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

/** A secret among the arguments of a program could be read by everyone in the list of processes. */
function secretInArguments(step: BuildStep, secrets: Secrets): BuildFailure | null {
  if (!("argv" in step.command)) return null;
  const words = step.command.argv.flatMap((word) => [...word.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)]);
  const name = words.map(([, variable]) => variable).find((variable) => secrets.names.includes(variable ?? ""));
  if (name === undefined) return null;
  return {
    step: step.name,
    message: `${commandText(step.command)} would show the secret ${name} in the list of processes`,
    hint: `Let the program read ${name} from its environment.`,
    exitCode: null,
    lines: [],
  };
}
