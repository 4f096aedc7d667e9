import { constants } from "node:os";
import type { KnownExit } from "./known-instance.ts";

/** What an engine or a kubelet tells of how a container ended. */
export interface ContainerEnd {
  /** ms since the epoch. */
  at: number;
  exitCode: number;
  outOfMemory: boolean;
  /** Why it could not be started; empty where it could. */
  error: string;
}

const signalBase = 128;
const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
/** The init process of a container says so where it cannot start the program. */
const initFailure = /^\[FATAL tini \(\d+\)\] exec (.*) failed: (.*)$/;
const readOnly = /EROFS|read-only file system/i;
/** In quotes, as most languages have it, and not the name of the error; or where Go's and shells' messages have it. */
const refusedPath = /['"‘](?!E[A-Z]+['"’])([^'"‘’]+)['"’]|\b(?:open|mkdir|create) (?!directory:)(\S+): read-only/i;

/** How a container ended, with what its last lines tell of why. */
export function makeExit(end: ContainerEnd, lastLines: readonly string[]): KnownExit {
  // A container's first process passes a signal on as a code, as shells do.
  const signal = end.exitCode > signalBase ? (signals.get(end.exitCode - signalBase) ?? null) : null;
  return {
    at: end.at,
    // Of what could not be started the code is the engine's own.
    code: signal === null && end.error === "" ? end.exitCode : null,
    signal,
    outOfMemory: end.outOfMemory && end.exitCode !== 0,
    failure: end.outOfMemory ? null : failureOf(end, lastLines),
  };
}

function failureOf(end: ContainerEnd, lastLines: readonly string[]): string | null {
  if (end.error !== "") return startFailure(end.error);
  if (end.exitCode === 0) return null;
  for (const line of lastLines.toReversed()) {
    const [, program, problem = ""] = initFailure.exec(line) ?? [];
    if (program !== undefined) return execFailure(program, problem);
  }
  const refused = lastLines.filter((line) => readOnly.test(line));
  return refused.length === 0 ? null : readOnlyFailure(end.exitCode, refused);
}

function execFailure(program: string, problem: string): string {
  const command = JSON.stringify(program);
  if (/no such file/i.test(problem)) return `could not be started: the command ${command} was not found`;
  if (/exec format/i.test(problem)) {
    return `could not be started: ${command} was built for another kind of machine, or is a script without a first line that says what runs it`;
  }
  if (/permission/i.test(problem)) return `could not be started: ${command} is not executable`;
  return `could not be started: ${command}: ${problem}`;
}

function readOnlyFailure(code: number, lines: readonly string[]): string {
  const paths = lines.map((line) => refusedPath.exec(line)).flatMap((match) => match?.[1] ?? match?.[2] ?? []);
  return `exited with code ${code}: it may not write to ${paths.at(-1) ?? "its folder"}, which is read-only`;
}

/** What an engine says when it cannot start a container, without where in the engine it happened. */
export function startFailure(message: string): string {
  const missing = /exec: "([^"]+)": (?:executable file not found|stat .*: no such file)/.exec(message)?.[1];
  if (missing !== undefined) return `could not be started: the command ${JSON.stringify(missing)} was not found`;
  const told = message.replace(/^.*(?:OCI runtime|container_linux\.go|runc)[^:]*: /s, "").trim();
  return `could not be started: ${told}`;
}

/** Whether an engine refuses to start a container for what is in it, rather than for its own state. */
export function isFaultOfImage(message: string): boolean {
  return /OCI runtime|runc create|exec format|executable file not found/i.test(message);
}
