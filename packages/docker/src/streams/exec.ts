import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import type { Engine } from "../engine.ts";
import { refusalOf } from "../refusal.ts";
import { isHangUp, makeFrameSplitter } from "./frames.ts";

export interface ContainerExecOptions {
  argv: readonly string[];
  stdin?: AsyncIterable<Uint8Array>;
  /** Resolves when more can be taken. */
  stdout?: (data: Uint8Array) => void | Promise<void>;
  stderr?: (data: Uint8Array) => void | Promise<void>;
  /** Makes it a terminal's program, whose errors come with its output: the terminal's size, now and whenever it changes. */
  terminal?: AsyncIterable<{ columns: number; rows: number }>;
  /** Lets go of it: an engine cannot end it. */
  signal: AbortSignal;
}

export interface ContainerExecResult {
  exitCode: number | null;
  /** What the engine says where the program could not be started; null where it ran. */
  message: string | null;
}

/** Runs a program in a container and resolves when it has ended. Throws `engine.unreachable`, and what the signal was aborted with. */
export async function execInContainer(
  engine: Engine,
  container: string,
  options: ContainerExecOptions,
): Promise<ContainerExecResult> {
  const { argv, stdin, stdout, stderr, terminal, signal } = options;
  signal.throwIfAborted();
  const isTerminal = terminal !== undefined;
  const created = await refusedOr(() =>
    engine.ask((docker) =>
      docker.getContainer(container).exec({
        Cmd: [...argv],
        AttachStdin: stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        Tty: isTerminal,
      }),
    ),
  );
  if ("message" in created) return created;
  const exec: Docker.Exec = created.value;
  const opened = await refusedOr(() =>
    engine.ask(() => exec.start({ hijack: true, stdin: stdin !== undefined, Tty: isTerminal })),
  );
  if ("message" in opened) return opened;
  const stream: Duplex = opened.value;
  const letGo = () => void stream.destroy();
  signal.addEventListener("abort", letGo, { once: true });
  // It says nothing more then, which is how it is found out.
  stream.on("error", () => {});
  const sending = stdin === undefined ? undefined : send(stdin, stream);
  const resizing = terminal === undefined ? undefined : resize(engine, exec, terminal);
  let refused: Buffer | null = null;
  let isFirst = true;
  try {
    const read = isTerminal ? undefined : makeFrameSplitter();
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const frames = read === undefined ? [{ kind: 1, data: chunk }] : read(chunk);
      for (const { kind, data } of frames) {
        // An engine says so where the output would be.
        if (isFirst && data.toString("latin1", 0, 32).startsWith("OCI runtime exec failed")) refused = data;
        else await (kind === 2 ? stderr?.(data) : stdout?.(data));
        isFirst = false;
      }
    }
  } catch (error) {
    if (!signal.aborted && !isHangUp(error)) throw error;
  } finally {
    signal.removeEventListener("abort", letGo);
    stream.destroy();
    void Promise.allSettled([sending, resizing]);
  }
  signal.throwIfAborted();
  const { Running, ExitCode } = await engine.ask(() => exec.inspect());
  if (Running) return { exitCode: null, message: "The connection ended before the program did." };
  if (refused === null) return { exitCode: ExitCode ?? null, message: null };
  if (ExitCode === 126 || ExitCode === 127) return { exitCode: null, message: refused.toString().trim() };
  await stdout?.(refused);
  return { exitCode: ExitCode ?? null, message: null };
}

/** What it gives, or how the engine refuses it. */
async function refusedOr<T>(ask: () => Promise<T>): Promise<{ value: T } | ContainerExecResult> {
  try {
    return { value: await ask() };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return { exitCode: null, message: refusal.message };
  }
}

async function send(stdin: AsyncIterable<Uint8Array>, stream: Duplex): Promise<void> {
  for await (const data of stdin) {
    if (stream.destroyed) return;
    if (!stream.write(data)) await drained(stream);
  }
  if (!stream.destroyed) stream.end();
}

function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

/** A program that has ended meanwhile has no size any more. */
async function resize(
  engine: Engine,
  exec: Docker.Exec,
  sizes: AsyncIterable<{ columns: number; rows: number }>,
): Promise<void> {
  for await (const { columns, rows } of sizes)
    await engine.ask(() => exec.resize({ w: columns, h: rows })).catch(() => {});
}
