import { once } from "node:events";
import type WebSocket from "ws";
import type { ExecOptions, ExecResult } from "../cluster.ts";
import type { Credentials } from "../connection/credentials.ts";
import { unreachable } from "../connection/unreachable.ts";
import type { ObjectRef } from "../object.ts";
import { channels, closeFrame, execProtocols, frame, readExecResult, resizeFrame } from "./channels.ts";
import { openPodSocket } from "./pod-socket.ts";

/** More than this is not sent ahead of what the network takes. */
const bufferedBytesAtMost = 1_048_576;
/** So often an idle connection is used, so that nothing on the way takes it for dead. */
const pingEveryMs = 20_000;

/** Runs a program in a container; see `Cluster.exec`. Aborting leaves: Kubernetes cannot end the program, which sees its input and output close. */
export async function execInPod(credentials: Credentials, pod: ObjectRef, options: ExecOptions): Promise<ExecResult> {
  const { signal, container, argv, stdin, stdout, stderr, terminal } = options;
  const tty = terminal !== undefined;
  const query = {
    container,
    command: argv,
    stdin: stdin !== undefined,
    stdout: true,
    // The API server refuses to keep a terminal's errors apart.
    stderr: !tty && (stderr !== undefined || stdout === undefined),
    tty,
  };
  const opened = await openPodSocket(credentials, pod, {
    subresource: "exec",
    query,
    protocols: execProtocols,
    signal,
  });
  if ("refusal" in opened) return { exitCode: null, message: opened.refusal };
  const { socket, messages } = opened;
  let result: ExecResult | null = null;
  let taking = 0;
  const feeding = new AbortController();
  socket.on("message", receive);
  for (const message of messages) receive(message);
  const closed = once(socket, "close");
  const abort = () => socket.terminate();
  signal.addEventListener("abort", abort, { once: true });
  const pings = setInterval(() => socket.ping(), pingEveryMs);
  const failed = new Promise<never>((_, reject) =>
    socket.on("error", (error) => reject(unreachable(credentials.server, error))),
  );
  const feeds = [
    stdin === undefined
      ? null
      : feed(socket, stdin, (data) => frame(channels.stdin, data), feeding.signal, channels.stdin),
    terminal === undefined ? null : feed(socket, terminal, resizeFrame, feeding.signal, null),
  ];
  try {
    const input = Promise.all(feeds).then(() => closed);
    await Promise.race([closed, failed, input]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(pings);
    signal.removeEventListener("abort", abort);
    feeding.abort();
    socket.terminate();
  }
  signal.throwIfAborted();
  return result ?? { exitCode: null, message: "The connection ended before the program did." };

  function receive(message: Buffer): void {
    const data = message.subarray(1);
    if (message[0] === channels.status) return void (result = readExecResult(data.toString()));
    if (data.length === 0) return;
    const taken =
      message[0] === channels.stdout
        ? options.stdout?.(data)
        : message[0] === channels.stderr
          ? options.stderr?.(data)
          : undefined;
    if (taken !== undefined) void waitFor(taken);
  }

  /** Whoever takes it slowly makes the program wait. */
  async function waitFor(taken: Promise<void>): Promise<void> {
    taking += 1;
    socket.pause();
    await taken.catch(() => {});
    taking -= 1;
    if (taking === 0) socket.resume();
  }
}

/** Sends what comes from a source, as fast as the network takes it, and then says that it has ended. */
async function feed<T>(
  socket: WebSocket,
  source: AsyncIterable<T>,
  toFrame: (part: T) => Uint8Array,
  stop: AbortSignal,
  channel: number | null,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  const stopped = new Promise<IteratorResult<T>>((resolve) => {
    stop.addEventListener("abort", () => resolve({ done: true, value: undefined }), { once: true });
  });
  for (;;) {
    const next = await Promise.race([iterator.next(), stopped]);
    if (stop.aborted) return void iterator.return?.().catch(() => {});
    if (next.done === true) break;
    const sent = new Promise((resolve) => socket.send(toFrame(next.value), resolve));
    if (socket.bufferedAmount > bufferedBytesAtMost) await sent;
  }
  const end = channel === null ? null : closeFrame(channel, socket.protocol);
  if (end !== null) socket.send(end);
}
