import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, commandText, makeArgv } from "@berth/core";
import type { BuildFailure, BuildSink, BuildStep } from "@berth/core";
import type { HostBuilderDeps } from "./deps.ts";
import { hintFor, lastLines, makeTelling, saysDiskFull } from "./hints.ts";
import { runProcess } from "./process/run.ts";
import type { ProcessResult } from "./process/run.ts";
import { makeStepEnv } from "./step-env.ts";
import type { StepPlace } from "./step-env.ts";
import type { Toolbox } from "./tools/toolbox.ts";

export interface StepsRun {
  steps: readonly BuildStep[];
  place: StepPlace;
  toolbox: Toolbox;
  env: Readonly<Record<string, string>>;
}

/** Runs steps one after the other; the first that fails ends it. A full disk is no fault of the app and is thrown. */
export async function runSteps(
  run: StepsRun,
  deps: HostBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<BuildFailure | null> {
  await mkdir(join(run.place.homeFolder, "tmp"), { recursive: true });
  for (const step of run.steps) {
    for (const cache of step.caches) await mkdir(join(run.place.cacheFolder, cache), { recursive: true });
    const startedAt = deps.clock.now();
    sink.start(step.name, commandText(step.command));
    const env = makeStepEnv(step, run.place, run.toolbox, deps.machine, run.env);
    const marker = Buffer.from(deps.random.bytes(12)).toString("hex");
    const spec = { argv: makeArgv(step.command, env), cwd: run.place.folder, env, timeoutMs: step.timeoutMs, marker };
    const isTelling = makeTelling();
    const tell = (text: string) => {
      if (isTelling(text)) sink.line(text);
    };
    const failure = makeFailure(step, await runProcess(spec, tell, signal, deps.clock));
    if (failure !== null) return failure;
    sink.end(step.name, deps.clock.now() - startedAt);
  }
  return null;
}

function makeFailure(step: BuildStep, result: ProcessResult): BuildFailure | null {
  const { exitCode, signal } = result;
  const lines = lastLines(result.lines);
  if (exitCode === 0 && !result.timedOut) return null;
  const command = commandText(step.command);
  if (saysDiskFull(result.lines)) {
    throw new BerthError("disk.full", `The disk is full: ${command} could not go on.`, {
      hint: "Free some space and push again; nothing that was live has changed.",
      details: lines,
    });
  }
  const failure = (message: string, hint: string | null): BuildFailure => ({
    step: step.name,
    message,
    hint,
    exitCode,
    lines,
  });
  if (result.timedOut) {
    const seconds = Math.round(step.timeoutMs / 1000);
    return failure(
      `${command} was stopped after ${seconds} s`,
      "It may wait for input or watch files: a build has to end by itself.",
    );
  }
  if (result.notFound) {
    const program = command.split(" ")[0] ?? command;
    return failure(
      `${program} is not installed`,
      `Add ${program} to the dependencies of the app, or install it on this machine.`,
    );
  }
  const how = exitCode === null ? `was ended by ${signal}` : `exited with ${exitCode}`;
  return failure(`${command} ${how}`, hintFor(result.lines, exitCode, signal));
}
