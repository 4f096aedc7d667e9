import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, Log } from "@berth/core";
import { hasCode } from "@berth/core";
import type { Edge } from "./front/edge.ts";
import { HttpServer } from "./front/http-server.ts";
import { makeRanges } from "./front/trusted.ts";
import type { NeighbourDoor } from "./neighbour-doors.ts";

export interface NeighbourDeps {
  edge: Edge;
  clock: Clock;
  log: Log;
  handle(req: IncomingMessage, res: ServerResponse, port: number, awaitsContinue: boolean): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, port: number): void;
}

const retryMs = 1_000;

/** The listeners by which services reach their neighbours: exactly one for each door. */
export class NeighbourListeners {
  readonly #deps: NeighbourDeps;
  readonly #servers = new Map<string, HttpServer>();
  readonly #closed = new AbortController();
  #wanted: ReadonlyMap<string, NeighbourDoor> = new Map();
  #isParting = false;
  /** Who may come in by each door; that may change while it is open. */
  readonly #admissions = new Map<string, { from: NeighbourDoor["from"]; admits: Admission }>();

  constructor(deps: NeighbourDeps) {
    this.#deps = deps;
  }

  /** Opens the doors that are new and closes those that are no longer wanted. Resolves when each new one listens or was found taken. */
  async listen(doors: Iterable<NeighbourDoor>): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#wanted = new Map([...doors].map((door) => [keyOf(door), door]));
    for (const [key, server] of this.#servers) {
      if (this.#wanted.has(key)) continue;
      this.#servers.delete(key);
      this.#admissions.delete(key);
      close(server);
    }
    const missing = [...this.#wanted].filter(([key]) => !this.#servers.has(key));
    await Promise.all(missing.map(([key, door]) => this.#open(key, door)));
  }

  /** From now on each answer ends its connection. */
  part(): void {
    this.#isParting = true;
    for (const server of this.#servers.values()) server.part();
  }

  /** Takes no new connections, and resolves when what was under way has ended; tables change nothing any more. */
  async drain(): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#servers.values()].map(closed));
  }

  close(): void {
    this.#closed.abort();
    for (const server of this.#servers.values()) {
      close(server);
      server.closeAllConnections();
    }
    this.#servers.clear();
  }

  async #open(key: string, door: NeighbourDoor): Promise<void> {
    const server = this.#make(key, door);
    this.#servers.set(key, server);
    const error = await listening(server, door);
    if (this.#servers.get(key) !== server) return close(server);
    if (error === null) return;
    this.#servers.delete(key);
    const { address, port } = door;
    this.#deps.log.warn({ address, port, err: error }, `a neighbour's port cannot be opened: ${whyNot(error)}`);
    void this.#tryAgain(key, door);
  }

  async #tryAgain(key: string, door: NeighbourDoor): Promise<void> {
    await this.#deps.clock.sleep(retryMs, this.#closed.signal);
    if (!this.#closed.signal.aborted && this.#wanted.has(key) && !this.#servers.has(key)) await this.#open(key, door);
  }

  #make(key: string, { port }: NeighbourDoor): HttpServer {
    const { handle, upgrade } = this.#deps;
    const server = new HttpServer(this.#deps.edge, { isInternal: true });
    server.on("request", (req, res) => handle(req, res, port, false));
    server.on("checkContinue", (req, res) => handle(req, res, port, true));
    server.on("upgrade", (req, socket, head) => upgrade(req, socket, head, port));
    if (this.#isParting) server.part();
    // Whoever sits elsewhere on this machine may find the way to any of its addresses: other environments' instances above all.
    server.prependListener("connection", (socket: Socket) => {
      if (!this.#admits(key, socket.remoteAddress)) socket.destroy();
    });
    return server;
  }

  #admits(key: string, peer: string | undefined): boolean {
    const door = this.#wanted.get(key);
    if (door === undefined) return false;
    let known = this.#admissions.get(key);
    if (known?.from !== door.from) {
      known = { from: door.from, admits: makeAdmission(door.from, door.address) };
      this.#admissions.set(key, known);
    }
    return known!.admits(peer);
  }
}

type Admission = (peer: string | undefined) => boolean;

/** Whether a connection comes from one of these ranges; what comes from the door's own address are programs of this machine. */
export function makeAdmission(from: readonly string[] | null, own: string): Admission {
  if (from === null) return () => true;
  const isIn = makeRanges(from);
  return (peer) => peer !== undefined && peer !== own && isIn(peer);
}

function keyOf({ address, port }: NeighbourDoor): string {
  return `${address}:${port}`;
}

function whyNot(error: Error): string {
  if (hasCode(error, "EADDRINUSE")) return "another program listens on it";
  if (hasCode(error, "EADDRNOTAVAIL")) return "this machine does not have its address";
  return error.message;
}

function listening(server: Server, { address, port }: NeighbourDoor): Promise<Error | null> {
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen(port, address, () => {
      server.off("error", resolve);
      resolve(null);
    });
  });
}

function close(server: Server): void {
  server.close();
  server.closeIdleConnections();
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
