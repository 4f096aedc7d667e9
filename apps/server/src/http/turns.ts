import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** So many requests of one connection may wait for the answers to earlier ones. Who sends several at once has to bear a close (RFC 9112, 9.3.2); browsers never do. */
const maxWaiting = 100;

interface Turn {
  latest: ServerResponse;
  waiting: number;
}

/**
 * Takes the requests of a connection one after the other. Node hands them over as they are parsed: a client that sends
 * thousands at once and reads no answer would have thousands of connections opened to an app, at next to no cost of its own.
 */
export function makeTurns(): (request: IncomingMessage, response: ServerResponse, take: () => void) => void {
  const turns = new WeakMap<Socket, Turn>();

  return ({ socket }, response, take) => {
    const turn = turns.get(socket);
    if (turn === undefined) {
      turns.set(socket, { latest: response, waiting: 0 });
      return take();
    }
    const before = turn.latest;
    turn.latest = response;
    if (before.closed) return take();
    if (++turn.waiting > maxWaiting) return void socket.destroy();
    before.once("close", () => {
      turn.waiting--;
      if (!socket.destroyed) take();
    });
  };
}
