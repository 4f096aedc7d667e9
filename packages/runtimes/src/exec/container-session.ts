import {
  type Clock,
  type ExecExit,
  type ExecOptions,
  type ExecSession,
  makeChannel,
  type TerminalSize,
} from "@berth/core";
import { makeMarkReader, signalsSession, startedByShell } from "./inside.ts";
import { makeOutputWay } from "./output.ts";

/** A program in a container, as engine and cluster run them. */
export interface ContainerProgram {
  argv: readonly string[];
  stdin?: AsyncIterable<Uint8Array>;
  /** Resolves when more can be taken. */
  stdout?: (data: Uint8Array) => void | Promise<void>;
  stderr?: (data: Uint8Array) => void | Promise<void>;
  /** The terminal's size, now and whenever it changes. */
  terminal?: AsyncIterable<TerminalSize>;
  /** Lets go of the program; neither engine nor cluster can end one. */
  signal: AbortSignal;
}

/** How it has ended; without a code it could not be started, and `message` says why. */
export interface ContainerProgramEnd {
  exitCode: number | null;
  message: string | null;
}

export interface ContainerSessionDeps {
  run(program: ContainerProgram): Promise<ContainerProgramEnd>;
  clock: Clock;
}

const inputAhead = 16;
/** Between SIGHUP and SIGKILL. */
const hangUpGraceMs = 2_000;
const signalPatienceMs = 5_000;

const noShell = "There is no shell in the image: name a program of it.";

/** Starts a program in a container, by a shell where there is one: only with it can the program be ended later. Resolves when it has started, or could not be. */
export async function startContainerSession(deps: ContainerSessionDeps, options: ExecOptions): Promise<ExecSession> {
  const first = start(deps, startedByShell(options), options, true);
  const refused = await first.started;
  if (refused === null || !isMissing(refused)) return first.session;
  if (options.argv.length === 0) return ended({ code: 127, message: noShell });
  const direct = start(deps, options.argv, options, false);
  await direct.started;
  return direct.session;
}

interface Started {
  session: ExecSession;
  /** Null: it runs, as far as one can tell; else how it has failed to. */
  started: Promise<ContainerProgramEnd | null>;
}

function start(
  { run, clock }: ContainerSessionDeps,
  argv: readonly string[],
  { terminal }: ExecOptions,
  isTold: boolean,
): Started {
  const letGo = new AbortController();
  const input = makeChannel<Uint8Array>(inputAhead);
  const sizes = makeChannel<TerminalSize>(inputAhead);
  const output = makeOutputWay();
  const told = Promise.withResolvers<null>();
  const marks = makeMarkReader(() => told.resolve(null));
  let hasEnded = false;

  const program = run({
    argv,
    stdin: pieces(input),
    stdout: (data) => output.write("stdout", isTold ? marks.take(data) : data),
    ...(terminal === null
      ? { stderr: (data: Uint8Array) => output.write("stderr", data) }
      : { terminal: pieces(sizes) }),
    signal: letGo.signal,
  });
  if (terminal !== null) void sizes.write(terminal);

  const exit = program
    .then(exitOf, (error: unknown): ExecExit => ({ code: 255, message: textOf(error) }))
    .finally(() => {
      hasEnded = true;
      for (const way of [output, input, sizes]) way.end();
    });

  async function signal(kind: "HUP" | "KILL") {
    const session = marks.told();
    if (session === null || session === "") return;
    await run({ argv: signalsSession(session, kind), signal: AbortSignal.timeout(signalPatienceMs) }).catch(() => {});
  }

  async function hangUp() {
    if (hasEnded) return;
    // What it still writes is for nobody, and must not keep it from ending; whoever reads is told that this was all.
    output.end();
    await signal("HUP");
    await Promise.race([exit, clock.sleep(hangUpGraceMs)]);
    await signal("KILL");
    letGo.abort(new Error("nobody has use for it any more"));
    await exit;
  }

  let closing: Promise<void> | null = null;
  const session: ExecSession = {
    output,
    exit,
    write: (data) => input.write(data),
    endInput: () => (terminal === null ? input.end() : undefined),
    resize: (size) => void (terminal === null ? undefined : sizes.write(size)),
    close: () => (closing ??= hangUp()),
  };
  const failed = program.then((end) => (end.exitCode === null || isMissing(end) ? end : null)).catch(() => null);
  return { session, started: isTold ? Promise.race([told.promise, failed]) : Promise.resolve(null) };
}

function exitOf({ exitCode, message }: ContainerProgramEnd): ExecExit {
  if (exitCode !== null) return { code: exitCode, message };
  const end = { exitCode, message };
  return { code: isMissing(end) ? 127 : 126, message: message ?? "It could not be started." };
}

/** What runc, crun and youki say, in the end, of a program that is not there. */
function isMissing({ exitCode, message }: ContainerProgramEnd): boolean {
  return (exitCode === null || exitCode >= 126) && /not found|no such file/i.test(message ?? "");
}

function ended(end: ExecExit): ExecSession {
  const output = makeOutputWay();
  output.end();
  const nothing = () => Promise.resolve();
  return { output, exit: Promise.resolve(end), write: nothing, endInput() {}, resize() {}, close: nothing };
}

async function* pieces<Item>(channel: AsyncIterable<Item[]>): AsyncGenerator<Item> {
  for await (const items of channel) yield* items;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
