import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, Log } from "@berth/core";
import { hasCode } from "@berth/core";
import { httpServerOptions } from "./server-options.ts";

export interface NeighbourDeps {
  clock: Clock;
  log: Log;
  handle(req: IncomingMessage, res: ServerResponse, port: number, awaitsContinue: boolean): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, port: number): void;
}

const loopback = "127.0.0.1";
const retryMs = 1_000;

/** The loopback listeners by which services reach their neighbours: exactly one for each port of the table. */
export class NeighbourListeners {
  readonly #deps: NeighbourDeps;
  readonly #servers = new Map<number, Server>();
  readonly #closed = new AbortController();
  #wanted: ReadonlySet<number> = new Set();

  constructor(deps: NeighbourDeps) {
    this.#deps = deps;
  }

  /** Opens the ports that are new and closes those that are no longer wanted. Resolves when each new one listens or was found taken. */
  async listen(ports: Iterable<number>): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#wanted = new Set(ports);
    for (const [port, server] of this.#servers) {
      if (this.#wanted.has(port)) continue;
      this.#servers.delete(port);
      close(server);
    }
    const missing = [...this.#wanted].filter((port) => !this.#servers.has(port));
    await Promise.all(missing.map((port) => this.#open(port)));
  }

  close(): void {
    this.#closed.abort();
    for (const server of this.#servers.values()) {
      close(server);
      server.closeAllConnections();
    }
    this.#servers.clear();
  }

  async #open(port: number): Promise<void> {
    const server = this.#make(port);
    this.#servers.set(port, server);
    const error = await listening(server, port);
    if (this.#servers.get(port) !== server) return close(server);
    if (error === null) return;
    this.#servers.delete(port);
    const why = hasCode(error, "EADDRINUSE") ? "another program listens on it" : error.message;
    this.#deps.log.warn({ port, err: error }, `a neighbour's port cannot be opened: ${why}`);
    void this.#tryAgain(port);
  }

  async #tryAgain(port: number): Promise<void> {
    await this.#deps.clock.sleep(retryMs, this.#closed.signal);
    if (!this.#closed.signal.aborted && this.#wanted.has(port) && !this.#servers.has(port)) await this.#open(port);
  }

  #make(port: number): Server {
    const { handle, upgrade } = this.#deps;
    const server = createServer(httpServerOptions, (req, res) => handle(req, res, port, false));
    server.on("checkContinue", (req, res) => handle(req, res, port, true));
    server.on("upgrade", (req, socket, head) => upgrade(req, socket, head, port));
    return server;
  }
}

function listening(server: Server, port: number): Promise<Error | null> {
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen(port, loopback, () => {
      server.off("error", resolve);
      resolve(null);
    });
  });
}

function close(server: Server): void {
  server.close();
  server.closeIdleConnections();
}
