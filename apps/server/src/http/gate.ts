import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { makeTurns } from "./turns.ts";

/** What takes the requests of a server once it is there. */
export interface Receiver {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** A request whose body is sent only once it is told to go on. */
  handleContinue(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Lets requests wait that come between the port's opening and the moment everything is ready: a restart shows as a short pause, not as errors. */
export function makeGate(server: Server): { open(receiver: Receiver): void } {
  const opened = Promise.withResolvers<Receiver>();
  let receiver: Receiver | null = null;
  const whenOpen = (use: (to: Receiver) => void) => {
    if (receiver !== null) use(receiver);
    else void opened.promise.then(use);
  };
  const inTurn = makeTurns();
  server.on("request", (request, response) =>
    inTurn(request, response, () => whenOpen((to) => to.handle(request, response))),
  );
  server.on("checkContinue", (request, response) =>
    inTurn(request, response, () => whenOpen((to) => to.handleContinue(request, response))),
  );
  server.on("upgrade", (request, socket, head) => whenOpen((to) => to.upgrade(request, socket, head)));
  return {
    open(to) {
      receiver = to;
      opened.resolve(to);
    },
  };
}
