import { BerthError, commandText } from "@berth/core";
import type { BuildFailure, BuildStep } from "@berth/core";
import type { StepResult } from "./executor.ts";
import { hintFor, lastLines, saysDiskFull } from "./hints.ts";

/** What went wrong with a step; null where nothing did. A full disk is no fault of the app and is thrown. */
export function stepFailure(step: BuildStep, result: StepResult, where: string): BuildFailure | null {
  const { exitCode, signal } = result;
  if (exitCode === 0 && !result.timedOut) return null;
  const command = commandText(step.command);
  const lines = lastLines(result.lines);
  if (saysDiskFull(result.lines)) {
    throw new BerthError("disk.full", `The disk is full: ${command} could not go on.`, {
      hint: "Free some space and push again; nothing that was live has changed.",
      details: lines,
    });
  }
  const failure = (message: string, hint: string | null): BuildFailure => {
    return { step: step.name, message, hint, exitCode, lines };
  };
  if (result.timedOut) {
    const seconds = Math.round(step.timeoutMs / 1000);
    const hint = "It may wait for input or watch files: a build has to end by itself.";
    return failure(`${command} was stopped after ${seconds} s`, hint);
  }
  if (result.notFound) {
    const program = command.split(" ")[0] ?? command;
    return failure(
      `${program} is not installed`,
      `Add ${program} to the dependencies of the app, or see that it is ${where}.`,
    );
  }
  const how = exitCode === null ? `was ended by ${signal}` : `exited with ${exitCode}`;
  return failure(`${command} ${how}`, hintFor({ ...result, network: step.network, where }));
}
