import { BerthError, type Clock, type ExecSession, type Log, type Random, systemClock } from "@berth/core";
import type { WebSocket } from "ws";
import { z } from "zod";
import { dataChannels, type FromSessionServer, inParts, makeData, silenceMs } from "../client/session-frames.ts";
import { makeProblem } from "../http/problem.ts";
import { tellError } from "../http/tell-error.ts";

/** What begins and what it is told to be. */
export interface OpenedSession {
  session: ExecSession;
  /** Told to the client: where it runs. */
  told: Record<string, unknown>;
}

export interface ServeSessionDeps {
  clock: Clock;
  random: Random;
  log: Log;
}

export interface ServedSession {
  /** Starts what the client's first message asks for. Throws what the client is told. */
  open(start: unknown): Promise<OpenedSession>;
  /** Whether whoever has it may still. */
  stillAllowed(): Promise<boolean>;
  /** Aborts where the server stops. */
  signal: AbortSignal;
}

const startPatienceMs = 10_000;
/** A client that does not answer a close is not waited for. */
const closeGraceMs = 1_000;
/** Output that the network has not taken yet, before no more is read; input that the program has not, likewise. */
const sentAheadBytes = 262_144;
const takenAheadBytes = 262_144;

const size = { columns: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) };
const controlSchema = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("start") }),
  z.strictObject({ kind: z.literal("resize"), ...size }),
  z.strictObject({ kind: z.literal("end") }),
]);

/** Lets a client have a session, over a connection of its own, for as long as both last. What it runs is hung up on with the connection. Never rejects. */
export async function serveSession(socket: WebSocket, served: ServedSession, deps: ServeSessionDeps): Promise<void> {
  const { clock = systemClock } = deps;
  const gone = Promise.withResolvers<void>();
  const starting = Promise.withResolvers<unknown>();
  let session: ExecSession | null = null;
  let hasStarted = false;
  let heardAt = clock.now();
  let taken = 0;

  const say = (message: FromSessionServer) => socket.send(JSON.stringify(message));
  const isOver = gone.promise.then(() => "gone" as const);
  socket.on("close", () => gone.resolve());
  socket.on("error", () => socket.terminate());
  for (const sign of ["ping", "pong"]) socket.on(sign, () => (heardAt = clock.now()));
  socket.on("message", (data: Buffer, isBinary) => {
    heardAt = clock.now();
    try {
      if (isBinary) takeInput(data);
      else takeControl(String(data));
    } catch (error) {
      fail(error);
    }
  });

  function takeInput(data: Buffer) {
    if (session === null || data[0] !== dataChannels.stdin) throw notUnderstood();
    const input = data.subarray(1);
    taken += input.length;
    if (taken >= takenAheadBytes) socket.pause();
    void giveInput(session, input);
  }

  async function giveInput(to: ExecSession, input: Uint8Array) {
    await to.write(input);
    taken -= input.length;
    if (taken < takenAheadBytes && socket.isPaused) socket.resume();
  }

  function takeControl(text: string) {
    const read = controlSchema.safeParse(parseJson(text));
    if (!read.success) throw notUnderstood();
    const message = read.data;
    if (message.kind === "start") {
      if (hasStarted) throw notUnderstood();
      hasStarted = true;
      starting.resolve(message);
    } else if (session === null) throw notUnderstood();
    else if (message.kind === "end") session.endInput();
    else session.resize(message);
  }

  /** Tells what is wrong, and ends. */
  function fail(error: unknown) {
    if (socket.readyState !== socket.OPEN) return;
    say({ kind: "error", problem: makeProblem(tellError(error, deps, { session: true })) });
    void close();
  }

  async function close() {
    socket.close(1000);
    await Promise.race([isOver, clock.sleep(closeGraceMs)]);
    socket.terminate();
  }

  async function sendOutput(from: ExecSession) {
    for await (const { stream, data } of from.output) {
      for (const part of inParts(data)) {
        const sent = new Promise<void>((resolve) => {
          socket.send(makeData(dataChannels[stream], part), () => resolve());
        });
        if (socket.bufferedAmount > sentAheadBytes) await Promise.race([sent, isOver]);
      }
    }
  }

  async function lookAfter(over: AbortSignal) {
    while (!over.aborted) {
      await clock.sleep(silenceMs / 3, over);
      if (over.aborted) return;
      // Nobody is heard while nothing is read.
      if (socket.isPaused) heardAt = clock.now();
      if (clock.now() - heardAt > silenceMs) socket.terminate();
      else if (!(await served.stillAllowed())) fail(noMore());
      else if (socket.readyState === socket.OPEN) socket.ping();
    }
  }

  const over = new AbortController();
  const stop = () => fail(stopped());
  served.signal.addEventListener("abort", stop, { once: true });
  // Where nobody can tell whether it is still allowed, it is not.
  lookAfter(over.signal).catch(fail);
  try {
    const late = clock.sleep(startPatienceMs, over.signal).then(() => "late" as const);
    const start = await Promise.race([starting.promise, isOver, late]);
    if (start === "gone") return;
    if (start === "late") return fail(notUnderstood());
    const opened = await served.open(start);
    session = opened.session;
    if (socket.readyState !== socket.OPEN) return;
    say({ kind: "started", ...opened.told });
    const exit = sendOutput(session).then(() => opened.session.exit);
    const end = await Promise.race([exit, isOver]);
    if (end === "gone" || socket.readyState !== socket.OPEN) return;
    say({ kind: "exit", ...end });
    socket.close(1000);
    await Promise.race([isOver, clock.sleep(2_000, over.signal)]);
  } catch (error) {
    fail(error);
  } finally {
    served.signal.removeEventListener("abort", stop);
    over.abort();
    await session?.close();
    socket.terminate();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notUnderstood(): BerthError {
  return new BerthError("input.invalid", "The session does not understand what was sent.", {
    hint: "docs/exec.md has what is said over it; another version of the berth command may be in use.",
  });
}

function noMore(): BerthError {
  return new BerthError("auth.required", "The token was deleted while the session went on.", {
    hint: "Run `berth login` with another one.",
  });
}

function stopped(): BerthError {
  return new BerthError("server.unreachable", "The server is being stopped, and what ran was ended.", {
    hint: "Start it again when the server is back.",
  });
}
