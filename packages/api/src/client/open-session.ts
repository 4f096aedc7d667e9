import type { BerthError } from "@berth/core/errors";
import type { IncomingMessage } from "node:http";
import type WebSocket from "ws";
import { errorOf, unreachable } from "./checked-fetch.ts";
import {
  dataBytesAtMost,
  dataChannels,
  type FromSessionClient,
  type FromSessionServer,
  inParts,
  makeData,
  silenceMs,
  type TerminalSize,
} from "./session-frames.ts";

export interface SessionOptions {
  /** Missing: pipes. */
  terminal?: TerminalSize & { term: string };
  /** Resolves when more can be taken. */
  onOutput(stream: "stdout" | "stderr", data: Uint8Array): Promise<void>;
  /** Lets go: what runs is hung up on. */
  signal?: AbortSignal;
}

/** A program that runs at the server. */
export interface OpenedSession {
  /** Resolves when more can be sent. */
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(size: TerminalSize): void;
  /** Resolves when it has ended and all output was taken. Rejects with `server.unreachable` where the connection broke, and with what the server says. */
  ended: Promise<{ code: number; message: string | null }>;
}

export interface SessionDeps {
  url: string;
  headers: Record<string, string>;
}

const bufferedBytesAtMost = 4 * dataBytesAtMost;
const refusalBytesAtMost = 65_536;

/** Has a route of an environment start a program, which `start` describes; it tells where that runs. Throws what the API answers, `server.unreachable`. */
export async function openSession<Told>(
  deps: SessionDeps,
  { app, environment, route }: { app: string; environment: string; route: string },
  start: Record<string, unknown>,
  { terminal, onOutput, signal }: SessionOptions,
): Promise<OpenedSession & Told> {
  const { default: Socket } = await import("ws");
  const scope = `apps/${encodeURIComponent(app)}/environments/${encodeURIComponent(environment)}`;
  const address = `${deps.url.replace(/^http/, "ws")}/api/v1/${scope}/${route}`;
  const socket = new Socket(address, {
    headers: deps.headers,
    perMessageDeflate: false,
    handshakeTimeout: silenceMs,
    maxPayload: 4 * dataBytesAtMost,
  });
  socket.binaryType = "nodebuffer";
  const started = Promise.withResolvers<Told>();
  const ended = Promise.withResolvers<{ code: number; message: string | null }>();
  ended.promise.catch(() => {});
  let taken: Promise<void> = Promise.resolve();
  let waiting = 0;

  const say = (message: FromSessionClient) => socket.send(JSON.stringify(message));
  const fail = (error: unknown) => {
    started.reject(error);
    ended.reject(error);
    socket.terminate();
  };
  const abort = () => fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  let silence = setTimeout(silent, silenceMs);
  // What answers the server's own is not read while somebody has too much to take.
  const pings = setInterval(() => socket.readyState === socket.OPEN && socket.ping(), silenceMs / 3);
  function silent() {
    // Nobody is heard while nothing is read.
    if (socket.isPaused) hear();
    else fail(unreachable(deps.url, new Error("it was silent for too long")));
  }
  function hear() {
    clearTimeout(silence);
    silence = setTimeout(silent, silenceMs);
  }

  /** Nothing more is read while somebody has too much to take. */
  function take(stream: "stdout" | "stderr", data: Uint8Array) {
    waiting += data.length;
    if (waiting >= bufferedBytesAtMost) socket.pause();
    taken = give(taken, stream, data);
  }

  async function give(before: Promise<void>, stream: "stdout" | "stderr", data: Uint8Array) {
    await before;
    await onOutput(stream, data).catch(() => {});
    waiting -= data.length;
    if (waiting < bufferedBytesAtMost && socket.isPaused) socket.resume();
  }

  function hearOf(message: FromSessionServer) {
    if (message.kind === "started") started.resolve(message as Told);
    else if (message.kind === "error") fail(errorOf(message.problem, deps.url));
    else {
      const { code, message: why } = message;
      void taken.then(() => ended.resolve({ code, message: why }));
    }
  }

  socket.on("open", () => say({ kind: "start", ...start, terminal: terminal ?? null }));
  socket.on("ping", hear);
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    hear();
    if (!isBinary) return hearOf(JSON.parse(data.toString()) as FromSessionServer);
    take(data[0] === dataChannels.stderr ? "stderr" : "stdout", data.subarray(1));
  });
  socket.on("unexpected-response", (_, answer) => void refusal(answer, deps.url).then(fail));
  socket.on("error", (error) => fail(unreachable(deps.url, error)));
  socket.on("close", () => {
    clearTimeout(silence);
    clearInterval(pings);
    signal?.removeEventListener("abort", abort);
    // What has ended was told before.
    void taken.then(() => fail(unreachable(deps.url, new Error("it hung up"))));
  });

  return {
    ...(await started.promise),
    ended: ended.promise,
    write: (data) => write(socket, data),
    endInput: () => socket.readyState === socket.OPEN && say({ kind: "end" }),
    resize: (size) => socket.readyState === socket.OPEN && say({ kind: "resize", ...size }),
  };
}

async function write(socket: WebSocket, data: Uint8Array): Promise<void> {
  for (const part of inParts(data)) {
    if (socket.readyState !== socket.OPEN) return;
    const sent = new Promise<void>((resolve) => {
      socket.send(makeData(dataChannels.stdin, part), () => resolve());
    });
    if (socket.bufferedAmount > bufferedBytesAtMost) await sent;
  }
}

/** What a server says that does not take the connection. */
async function refusal(answer: IncomingMessage, url: string): Promise<BerthError> {
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += String(part).slice(0, refusalBytesAtMost - text.length);
  try {
    return errorOf(JSON.parse(text), url);
  } catch {
    return errorOf(null, url);
  }
}
