import {
  argvBeside,
  BerthError,
  type Command,
  type ExecExit,
  type ExecSession,
  type IdentifiedWorkload,
  makeTaskBeside,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import type { FollowedTasks } from "../followed-tasks.ts";
import { operationError } from "../operation-errors.ts";
import { taskEnd, type TaskEnd } from "../task-end.ts";
import { lastLine, readBacklog } from "./read-backlog.ts";

/** A command has so long to say how much waits, from when it has started. */
export const askTimeoutMs = 30_000;
/** What nobody ends any more ends by itself, somewhat later. */
const leftTimeoutMs = askTimeoutMs + 10_000;
/** So much of what it writes last is looked at. */
const keptCharacters = 8_192;
const keptLines = 50;

/** What a metric command has come to: how much waits, or why nobody knows, as a clause that begins with "it", and what it wrote last. */
export type Answer = { backlog: number } | { reason: string; printed: string | null };

export interface AskDeps extends Pick<DeployerDeps, "runtime" | "clock" | "installationKey"> {
  tasks: FollowedTasks;
  look(): Promise<void>;
}

export interface Question {
  workload: IdentifiedWorkload;
  command: Command;
  /** One of its instances, which is ready; null: it has none. */
  instance: string | null;
}

/**
 * Has a metric command run: beside an instance where there is one, which starts nothing but the command itself, else as a task of its own. Throws
 * where `signal` aborts; what has failed is an answer.
 */
export async function askBacklog(deps: AskDeps, question: Question, signal: AbortSignal): Promise<Answer> {
  try {
    const beside = await askBeside(deps, question, signal);
    return beside ?? (await askAlone(deps, question, signal));
  } catch (error) {
    signal.throwIfAborted();
    return { reason: `it could not be run: ${operationError(error).message}`, printed: null };
  }
}

/** Null where there is no instance, or it has ended just now. */
async function askBeside(
  { runtime, clock }: AskDeps,
  { workload, command, instance }: Question,
  signal: AbortSignal,
): Promise<Answer | null> {
  if (instance === null) return null;
  const options = { argv: argvBeside(command), terminal: null, endAfterMs: leftTimeoutMs };
  const session = await runtime.exec(workload.id, instance, options).catch((error: unknown) => {
    if (error instanceof BerthError && goneCodes.has(error.code)) return null;
    throw error;
  });
  if (session === null) return null;
  const over = new AbortController();
  try {
    session.endInput();
    const written = collect(session);
    const late = clock.sleep(askTimeoutMs, AbortSignal.any([signal, over.signal])).then(() => null);
    const exit = await Promise.race([session.exit, late]);
    signal.throwIfAborted();
    // What it has left in the background may hold on to its output.
    if (exit === null) return { reason: lateText, printed: lastLine(written.all()) };
    return answerOf(endText(exit), written.output(), written.all());
  } finally {
    over.abort();
    await session.close();
  }
}

const goneCodes: ReadonlySet<string> = new Set(["workload.not-found", "instance.not-found", "instance.not-running"]);
const lateText = `it had not ended after ${askTimeoutMs / 1_000} s`;

function endText({ code, message }: ExecExit): string | null {
  return code === 0 ? null : (message ?? `it exited with code ${code}`);
}

function answerOf(failure: string | null, output: string, all: string): Answer {
  const printed = lastLine(all);
  if (failure !== null) return { reason: failure, printed };
  const backlog = readBacklog(output);
  if (backlog !== null) return { backlog };
  return { reason: printed === null ? "it printed nothing" : "its last line is no number", printed };
}

/** The end of what a program writes: to its output, and to both. */
function collect({ output }: ExecSession): { output(): string; all(): string } {
  let [own, all] = ["", ""];
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  void (async () => {
    for await (const { stream, data } of output) {
      const text = decoders[stream].decode(data, { stream: true });
      if (stream === "stdout") own = (own + text).slice(-keptCharacters);
      all = (all + text).slice(-keptCharacters);
    }
  })();
  return { output: () => own, all: () => all };
}

async function askAlone(
  { runtime, clock, installationKey, tasks, look }: AskDeps,
  { workload, command }: Question,
  signal: AbortSignal,
): Promise<Answer> {
  // A label on clusters, so it has no other characters. What a server has left of this name is not kept, and goes.
  const run = `mc-${clock.now().toString(36)}-${workload.service}`;
  const task = makeTaskBeside(workload, { command, run, timeoutMs: askTimeoutMs }, installationKey);
  const keeper = { followTask: tasks.follow, look };
  tasks.keep(run);
  try {
    await runtime.run(task);
    const end = await taskEnd({ keeper, run, timeoutMs: askTimeoutMs, clock, stopping: signal });
    return await answerOfTask(runtime, task.id, end);
  } finally {
    // Where the server stops it is left, and nobody keeps it at the next start.
    if (!signal.aborted) await runtime.remove(task.id).catch(() => undefined);
    tasks.release(run);
  }
}

async function answerOfTask(runtime: AskDeps["runtime"], task: string, end: TaskEnd): Promise<Answer> {
  if (end.kind === "gone" || end.kind === "lost") return { reason: "it was removed while it ran", printed: null };
  if (end.kind === "not-started") return { reason: `it was not started: ${end.reason}`, printed: null };
  const options = { tail: keptLines, follow: false, signal: new AbortController().signal };
  const lines = (await Array.fromAsync(runtime.logs(task, options))).filter(({ stream }) => stream !== "berth");
  const textOf = (part: typeof lines) => part.map(({ text }) => text).join("\n");
  const all = textOf(lines);
  if (end.kind === "timed-out") return { reason: lateText, printed: lastLine(all) };
  const { exit, reason } = end.task;
  const failure = exit?.code === 0 ? null : (reason ?? "nobody knows how it ended");
  return answerOf(failure, textOf(lines.filter(({ stream }) => stream === "stdout")), all);
}
