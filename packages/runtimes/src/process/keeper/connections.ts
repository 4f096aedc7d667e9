import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { makeJsonLineReader } from "./protocol.ts";
import type { KeeperEvent, KeeperReply, KeeperRequest } from "./protocol.ts";

/** A server that does not read must not fill the keeper's memory: it is cut off, and finds all again when it connects. */
const maxUnsentBytes = 16 * 2 ** 20;

export interface Connections {
  server: Server;
  count(): number;
  broadcast(event: KeeperEvent): void;
}

/** Serves the keeper's protocol; `answer` returns the reply's value, or throws what is wrong. */
export function makeConnections(answer: (request: KeeperRequest) => unknown, onCount: () => void): Connections {
  const sockets = new Set<Socket>();

  function send(socket: Socket, message: KeeperReply | KeeperEvent): void {
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > maxUnsentBytes) socket.destroy();
  }

  async function serve(socket: Socket, { re, request }: { re: number; request: KeeperRequest }): Promise<void> {
    try {
      const value = (await answer(request)) ?? null;
      send(socket, { re, ok: true, value });
    } catch (error) {
      send(socket, { re, ok: false, message: error instanceof Error ? error.message : String(error) });
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    onCount();
    socket.setEncoding("utf8");
    const read = makeJsonLineReader<{ re: number; request: KeeperRequest }>((message) => void serve(socket, message));
    socket.on("data", (chunk: string) => {
      try {
        read(chunk);
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      onCount();
    });
  });

  return {
    server,
    count: () => sockets.size,
    broadcast: (event) => {
      for (const socket of sockets) send(socket, event);
    },
  };
}
