import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { ExecExit, ExecOptions, ExecSession, TerminalSize } from "@berth/core";
import { makeMarkReader } from "../../exec/inside.ts";
import { makeOutputWay, type OutputWay } from "../../exec/output.ts";
import { readOwnStatus } from "../confine.ts";
import type { InstanceSpec } from "../keeper/protocol.ts";
import { readProcesses } from "../keeper/proc.ts";
import { makeExecCommand, script, setpriv } from "./command.ts";

/** Between SIGHUP and SIGKILL. */
const hangUpGraceMs = 2_000;
const pollMs = 20;
/** How long output may still arrive after the program has ended: what it has left behind may hold on to it. */
const lastOutputMs = 500;

export const lacksTerminal = existsSync(script)
  ? null
  : `There are no terminals here: ${script} of util-linux is not installed where the server runs.`;

/** Starts a program as an instance of this specification would be, beside it. */
export async function startProcessSession(spec: InstanceSpec, options: ExecOptions): Promise<ExecSession> {
  const { terminal } = options;
  const place = { status: await readOwnStatus(), hasSetpriv: existsSync(setpriv) };
  const [file = "", ...argv] = makeExecCommand(options, place);
  const env = terminal === null ? spec.env : { ...spec.env, SHELL: "/bin/sh", TERM: terminal.term };
  // A session of its own, by which all of it is found.
  const child = spawn(file, argv, { cwd: spec.cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const { stdin, stdout, stderr } = child;
  stdin.on("error", () => {});
  const output = makeOutputWay();
  const atTerminal = Promise.withResolvers<{ session: number; path: string }>();
  const marks = makeMarkReader((text) => {
    const [session = "", ...path] = text.split(" ");
    atTerminal.resolve({ session: Number(session), path: path.join(" ") });
  });
  const copied = [
    copy(stdout, (data) => output.write("stdout", terminal === null ? data : marks.take(data))),
    copy(stderr, (data) => output.write("stderr", data)),
  ];
  const ended = untilEnded(child, [stdout, stderr], copied, output);
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));

  /** The sessions that it consists of. Its terminal has one of its own, once it is there. */
  function sessions(): number[] {
    const told = marks.told() || null;
    return [child.pid, told === null ? undefined : Number(told.split(" ")[0])].filter((id) => id !== undefined);
  }

  async function hangUp() {
    if (hasEnded) return;
    // What it still writes is for nobody, and must not keep it from ending; whoever reads is told that this was all.
    output.end();
    const ours = sessions();
    signalSessions(ours, "SIGHUP");
    const deadline = Date.now() + hangUpGraceMs;
    while (Date.now() < deadline && members(ours).length > 0) await delay(pollMs);
    signalSessions(ours, "SIGKILL");
    await ended;
  }

  async function resize({ columns, rows }: TerminalSize) {
    const { path } = await atTerminal.promise;
    if (hasEnded) return;
    const stty = spawn("stty", ["-F", path, "cols", String(columns), "rows", String(rows)], { stdio: "ignore" });
    stty.on("error", () => {});
  }

  let closing: Promise<void> | null = null;
  return {
    output,
    exit: ended,
    write: (data) => write(stdin, data),
    endInput: () => (terminal === null ? void stdin.end() : undefined),
    resize: (size) => (terminal === null ? undefined : void resize(size)),
    close: () => (closing ??= hangUp()),
  };
}

async function untilEnded(
  child: ChildProcess,
  outputs: readonly Readable[],
  copied: readonly Promise<void>[],
  output: OutputWay,
): Promise<ExecExit> {
  const exit = await new Promise<ExecExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code: code ?? signalCode(signal), message: null }));
    child.once("error", (error) => resolve({ code: 126, message: `It could not be started: ${error.message}.` }));
  });
  // What it wrote before is all in the pipes by now; what nobody reads yet is waited for, what nobody writes any more is not.
  await Promise.race([Promise.all(copied), whenIdle(outputs)]);
  for (const stream of outputs) stream.destroy();
  output.end();
  return exit;
}

/** Resolves when nothing has come for a while: what was left behind may hold an output open for ever. */
async function whenIdle(outputs: readonly Readable[]): Promise<void> {
  let heardAt = Date.now();
  for (const stream of outputs) stream.on("data", () => (heardAt = Date.now()));
  const isWaiting = () => outputs.some((stream) => stream.isPaused() || stream.readableLength > 0);
  while (isWaiting() || Date.now() - heardAt < lastOutputMs) await delay(pollMs);
}

/** Reads as fast as it is taken. */
function copy(stream: Readable, take: (data: Buffer) => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    stream.on("data", (data: Buffer) => {
      stream.pause();
      void take(data).then(() => stream.resume());
    });
    stream.on("error", () => {});
    stream.once("close", () => resolve());
  });
}

function write(stdin: NodeJS.WritableStream & { destroyed?: boolean }, data: Uint8Array): Promise<void> {
  if (stdin.destroyed === true || !stdin.writable) return Promise.resolve();
  return new Promise((resolve) => stdin.write(data, () => resolve()));
}

function members(sessions: readonly number[]): number[] {
  return readProcesses()
    .filter(({ session }) => sessions.includes(session))
    .map(({ pid }) => pid);
}

function signalSessions(sessions: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of members(sessions)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

function signalCode(signal: NodeJS.Signals | null): number {
  return signal === null ? 255 : 128 + constants.signals[signal];
}
