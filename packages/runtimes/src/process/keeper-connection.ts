import { BerthError } from "@berth/core";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { makeJsonLineReader, protocolVersion } from "./keeper/protocol.ts";
import type { Hello, KeeperCommand, KeeperEvent, KeeperReply, KeeperRequest } from "./keeper/protocol.ts";

/** A connection to a keeper that has said hello. */
export interface KeeperConnection {
  hello: Hello;
  /** Resolves when the keeper has done it; throws `keeper.unreachable` when the connection ends before. */
  request(request: KeeperCommand): Promise<void>;
  /** Hands over the events since hello, and all that follow. */
  listen(onEvent: (event: KeeperEvent) => void): void;
  /** Resolves when the connection has ended, whoever ended it. */
  closed: Promise<void>;
  close(): void;
}

/** Connects to the keeper that listens at this socket; null where none does. */
export async function openConnection(path: string): Promise<KeeperConnection | null> {
  const socket = await openSocket(path);
  return socket && greet(socket);
}

async function greet(socket: Socket): Promise<KeeperConnection | null> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const early: KeeperEvent[] = [];
  let listener: (event: KeeperEvent) => void = (event) => void early.push(event);
  let lastId = 0;

  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const { reject } of waiting.values()) reject(lost());
      waiting.clear();
      resolve();
    });
  });
  const read = makeJsonLineReader<KeeperReply | KeeperEvent>((message) => {
    if ("event" in message) return listener(message);
    const waiter = waiting.get(message.re);
    waiting.delete(message.re);
    if (message.ok) waiter?.resolve(message.value);
    else waiter?.reject(new BerthError("runtime.failed", message.message));
  });
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => read(chunk));
  socket.on("error", () => {});

  function ask(request: KeeperRequest): Promise<unknown> {
    if (socket.destroyed) return Promise.reject(lost());
    const re = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(re, { resolve, reject });
      socket.write(`${JSON.stringify({ re, request })}\n`);
    });
  }

  try {
    const hello = (await ask({ type: "hello", protocol: protocolVersion })) as Hello;
    return {
      hello,
      request: async (request) => void (await ask(request)),
      listen: (onEvent) => {
        listener = onEvent;
        early.splice(0).forEach(onEvent);
      },
      closed,
      close: () => socket.destroy(),
    };
  } catch {
    socket.destroy();
    return null;
  }
}

function lost(): BerthError {
  return new BerthError("keeper.unreachable", "The keeper of the instances has ended while it was asked.", {
    hint: "Berth starts it again by itself; try again in a moment.",
  });
}

function openSocket(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", () => resolve(null));
  });
}
