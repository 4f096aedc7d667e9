import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { KnownExit } from "../../instances/known-instance.ts";
import { makeLineSplitter } from "../../logs/line-splitter.ts";
import { LogFile } from "../../logs/log-file.ts";
import { findExecutable, missingInterpreter } from "./executable.ts";
import { endLeftBehind } from "./left-behind.ts";
import { isGroupAlive, readStat, signalGroup } from "./proc.ts";
import type { InstanceSpec } from "./protocol.ts";

/** How long output may still arrive after the process has ended: what has left its group may hold on to it. */
const lastOutputMs = 1_000;
const groupPollMs = 20;

export interface Running {
  pid: number | null;
  startTicks: string | null;
  log: LogFile;
  /** Settles when the process, its group, what it left behind and its output have ended; never rejects. */
  ended: Promise<KnownExit>;
  /** SIGTERM to the group, the grace, SIGKILL to the group. May be repeated. */
  stop(): void;
  /** SIGKILL to the group, for having used too much memory. */
  killForMemory(): void;
}

/**
 * Starts an instance in a session and process group of its own, with its output going to its log.
 * SIGTERM goes to the whole group: wrappers such as `sh -c` do not pass it on. Behind one that does (`npm start`) a program may see it twice.
 */
export function startRunning(spec: InstanceSpec): Running {
  const outputs: Readable[] = [];
  const log = new LogFile(spec.logFile, () => outputs.forEach((output) => output.resume()));
  const started = spawnInstance(spec);
  if (typeof started === "string") return makeFailed(log, started);

  const child = started;
  const pid = child.pid ?? null;
  if (child.stdout) outputs.push(child.stdout);
  if (child.stderr) outputs.push(child.stderr);
  log.add(Date.now(), "berth", [startText(spec)]);
  const written = [copyOutput(child.stdout, "stdout", log), copyOutput(child.stderr, "stderr", log)];

  let stopping: { deadline: number } | null = null;
  let outOfMemory = false;
  let hasExited = false;

  async function untilEnded(): Promise<KnownExit> {
    const exit = await untilExit(child);
    hasExited = true;
    const at = Date.now();
    if (pid !== null) await endGroup(pid, () => stopping?.deadline ?? null);
    if (pid !== null) await endLeftBehind(spec.folder, stopping?.deadline ?? null);
    await Promise.race([Promise.all(written), delay(lastOutputMs)]);
    for (const output of outputs) output.destroy();
    return { at, ...exit, outOfMemory };
  }

  return {
    pid,
    startTicks: pid === null ? null : (readStat(pid)?.startTicks ?? null),
    log,
    ended: untilEnded(),
    stop() {
      // Once it has exited, its id may be another's.
      if (stopping || hasExited || pid === null) return;
      stopping = { deadline: Date.now() + spec.stopGraceMs };
      signalGroup(pid, "SIGTERM");
      const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), spec.stopGraceMs);
      child.once("exit", () => clearTimeout(timer));
    },
    killForMemory() {
      outOfMemory = true;
      if (pid !== null && !hasExited) signalGroup(pid, "SIGKILL");
    },
  };
}

function spawnInstance(spec: InstanceSpec): ChildProcess | string {
  const [word = "", ...rest] = spec.argv;
  const file = findExecutable(word, spec.env["PATH"] ?? "", spec.cwd);
  if (!existsSync(spec.cwd)) return `could not be started: its folder ${spec.cwd} is not there`;
  if (file === null) return `could not be started: the command ${JSON.stringify(word)} was not found`;
  const missing = missingInterpreter(file);
  if (missing !== null) return `could not be started: ${missing}`;
  try {
    mkdirSync(spec.folder, { recursive: true, mode: 0o700 });
    return spawn(file, rest, {
      argv0: word,
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function makeFailed(log: LogFile, failure: string): Running {
  const exit: KnownExit = { at: Date.now(), code: null, signal: null, outOfMemory: false, failure };
  return { pid: null, startTicks: null, log, ended: Promise.resolve(exit), stop() {}, killForMemory() {} };
}

function untilExit(child: ChildProcess): Promise<Pick<KnownExit, "code" | "signal" | "failure">> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal, failure: null }));
    child.once("error", (error) =>
      resolve({ code: null, signal: null, failure: `could not be started: ${error.message}` }),
    );
  });
}

/** After the main process: the rest of its group keeps what is left of a stop's grace, and is killed. */
async function endGroup(group: number, deadline: () => number | null): Promise<void> {
  while (Date.now() < (deadline() ?? 0) && isGroupAlive(group)) await delay(groupPollMs);
  signalGroup(group, "SIGKILL");
}

/** Copies an output into the log line by line; reading pauses while the log is full. */
function copyOutput(output: Readable | null, stream: "stdout" | "stderr", log: LogFile): Promise<void> {
  if (output === null) return Promise.resolve();
  const splitter = makeLineSplitter();
  return new Promise((resolve) => {
    output.on("data", (chunk: Buffer) => {
      log.add(Date.now(), stream, splitter.push(chunk));
      if (log.isFull) output.pause();
    });
    output.on("error", () => {});
    output.once("close", () => {
      log.add(Date.now(), stream, splitter.end());
      resolve();
    });
  });
}

function startText(spec: InstanceSpec): string {
  return spec.restarts === 0 ? `started on port ${spec.port}` : `started again on port ${spec.port}`;
}
