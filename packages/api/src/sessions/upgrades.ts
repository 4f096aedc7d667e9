import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Log } from "@berth/core";
import { type WebSocket, WebSocketServer } from "ws";
import { dataBytesAtMost } from "../client/session-frames.ts";

/** What a route that takes upgrades is called with: it accepts by handing in who has the connection from then on. */
export interface UpgradeBindings {
  accept?(serve: (socket: WebSocket, signal: AbortSignal) => Promise<void>): void;
}

/** The upgrades that the API takes. */
export interface ApiUpgrades {
  /** False where the request is none of the API's. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Ends what goes on, and resolves when it has. */
  close(): Promise<void>;
}

const prefix = "/api/v1/";
/** A message of data, and the longest command line. */
const messageBytesAtMost = dataBytesAtMost + 131_072;

/** Upgrades go the way of every request: through the API's middleware to their route, which answers, or accepts. */
export function makeApiUpgrades(
  api: { fetch(request: Request, env: UpgradeBindings): Response | Promise<Response> },
  { log }: { log: Log },
): ApiUpgrades {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesAtMost, perMessageDeflate: false });
  const stopping = new AbortController();
  const going = new Set<Promise<void>>();

  async function answer(request: IncomingMessage, socket: Duplex, head: Buffer) {
    let serve: ((socket: WebSocket, signal: AbortSignal) => Promise<void>) | null = null;
    const response = await api.fetch(makeRequest(request), { accept: (by) => void (serve = by) });
    const accepted = serve as ((socket: WebSocket, signal: AbortSignal) => Promise<void>) | null;
    if (accepted === null) return await refuse(socket, response);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const ended = accepted(opened, stopping.signal).catch((error: unknown) =>
        log.error({ err: error }, "a session ended in an error of its own"),
      );
      going.add(ended);
      void ended.finally(() => going.delete(ended));
    });
  }

  return {
    upgrade(request, socket, head) {
      if (request.url?.startsWith(prefix) !== true) return false;
      socket.on("error", () => socket.destroy());
      answer(request, socket, head).catch((error: unknown) => {
        log.debug({ err: error }, "refused a malformed upgrade");
        socket.destroy();
      });
      return true;
    },
    async close() {
      stopping.abort();
      await Promise.all(going);
      sockets.close();
    },
  };
}

function makeRequest({ headers, url = "/" }: IncomingMessage): Request {
  const list = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one): [string, string] => [name, one]),
  );
  return new Request(`http://${headers.host ?? "localhost"}${url}`, { headers: list });
}

/** Answers as any other request is. */
async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = [...response.headers].filter(([name]) => name !== "content-length" && name !== "connection");
  const head = [
    `HTTP/1.1 ${response.status} ${response.status === 426 ? "Upgrade Required" : "Refused"}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "connection: close",
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
}
