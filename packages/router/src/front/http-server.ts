import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasCode } from "@berth/core";
import { type RefusalReason, refusalReasons } from "../refusals.ts";
import { takesUpgrade } from "../upgrade.ts";
import type { Edge } from "./edge.ts";
import { Http2Front } from "./http2-front.ts";
import { faultAnswer, parseFault } from "./parse-faults.ts";
import { type Peer, setPeer } from "./peer.ts";
import { protocolOfBytes } from "./preface.ts";
import { plainAddress, readProxyHeader } from "./proxy-protocol.ts";

const checkEveryMs = 2_000;

export interface HttpServerOptions {
  /** Its clients are services of this installation: no proxy is before it, and they have no limit of their own. */
  isInternal?: boolean;
}

/**
 * The server in front of the router: HTTP/1.1 and, on the same port, HTTP/2 with prior knowledge. Whoever comes is counted and limited
 * before anything is read, and what cannot be read as a request is answered and counted here.
 */
export class HttpServer extends Server {
  readonly #edge: Edge;
  readonly #isInternal: boolean;
  readonly #takeHttp1: (connection: Duplex) => void;
  #http2: Http2Front | null = null;
  #isParting = false;
  /** Connections whose protocol is not known yet, and what came from them. */
  readonly #peeks = new Set<{ socket: Socket; bytes: Buffer }>();
  readonly #refused = new WeakSet<Duplex>();

  constructor(edge: Edge, { isInternal = false }: HttpServerOptions = {}) {
    const { limits } = edge;
    super({
      noDelay: true,
      keepAliveTimeout: limits.idleMs,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(checkEveryMs, limits.headersMs),
      // An upload may take hours; one that stands still is ended by who reads it.
      requestTimeout: 0,
      maxHeaderSize: limits.headerBytes,
      shouldUpgradeCallback: takesUpgrade,
      // Checked with everything else, and counted.
      requireHostHeader: false,
    });
    this.#edge = edge;
    this.#isInternal = isInternal;
    // Node would leave out what is too many without a word: a proxy has to see all of it.
    this.maxHeadersCount = 0;
    this.#takeHttp1 = this.listeners("connection")[0]?.bind(this) as (connection: Duplex) => void;
    this.removeAllListeners("connection");
    this.on("connection", (socket: Socket) => this.#arrive(socket));
    this.on("clientError", (error: Error & { rawPacket?: Buffer }, connection: Duplex) =>
      this.#fail(error, connection),
    );
    this.on("connect", (_: IncomingMessage, connection: Duplex) => this.#refuse(connection, "connect"));
    this.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      edge.spoiled.add(request.socket);
      edge.refusals.count("expectation");
      response.shouldKeepAlive = false;
      response.writeHead(417, { "content-length": 0 }).end();
    });
  }

  /**
   * From now on each answer ends its connection, so that who has more to ask makes another one, which may lead elsewhere. Closing one that is
   * idle instead would meet the requests that are on their way.
   */
  part(): void {
    const part = (_: IncomingMessage, response: ServerResponse) => {
      response.shouldKeepAlive = false;
    };
    this.#isParting = true;
    this.#http2?.part();
    this.prependListener("request", part).prependListener("checkContinue", part);
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const { socket, bytes } of this.#peeks) if (bytes.length === 0) socket.destroy();
    this.#http2?.closeGracefully();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const { socket } of this.#peeks) socket.destroy();
    this.#http2?.destroyAll();
  }

  #arrive(socket: Socket): void {
    const { limits, shares, open, refusals, isTrusted, proxyProtocol } = this.#edge;
    const most = limits.connections;
    // A door of neighbours that lets nobody of this address in has closed it already.
    if (socket.destroyed) return;
    if (most > 0 && !shares.admits("connections", "all", most, open.connections)) {
      refusals.count("too-many-connections");
      return void socket.destroy();
    }
    open.connections++;
    socket.once("close", () => shares.left("connections", "all", most, --open.connections));
    if (this.#isInternal) return this.#begin(socket, Buffer.alloc(0), null);
    const address = plainAddress(socket.remoteAddress ?? "");
    if (!isTrusted(address)) {
      if (this.#admitClient(socket, address)) this.#begin(socket, Buffer.alloc(0), null);
    } else if (proxyProtocol) this.#readProxy(socket, address);
    else this.#begin(socket, Buffer.alloc(0), { address, localPort: socket.localPort ?? 0, isTrusted });
  }

  /** Counts a client's connection, and closes it where it has too many. */
  #admitClient(socket: Socket, address: string): boolean {
    const { limits, shares, open, refusals } = this.#edge;
    const most = limits.connectionsPerClient;
    if (most === 0 || isLoopback(address)) return true;
    const count = open.byClient.get(address) ?? 0;
    if (!shares.admits("client", address, most, count)) {
      refusals.count("too-many-client-connections");
      socket.destroy();
      return false;
    }
    open.byClient.set(address, count + 1);
    socket.once("close", () => {
      const left = (open.byClient.get(address) ?? 1) - 1;
      if (left === 0) open.byClient.delete(address);
      else open.byClient.set(address, left);
      shares.left("client", address, most, left);
    });
    return true;
  }

  #readProxy(socket: Socket, proxy: string): void {
    const { isTrusted } = this.#edge;
    this.#peek(socket, Buffer.alloc(0), (bytes) => {
      const header = readProxyHeader(bytes);
      if (header.kind === "more") return false;
      if (header.kind === "fault") {
        this.#refuse(socket, "bad-proxy-header");
        return true;
      }
      const address = header.peer?.address ?? proxy;
      const localPort = header.peer?.localPort ?? socket.localPort ?? 0;
      if (!isTrusted(address) && !this.#admitClient(socket, address)) return true;
      this.#begin(socket, bytes.subarray(header.bytes), { address, localPort, isTrusted });
      return true;
    });
  }

  /** Finds out which protocol is spoken, and hands the connection over. */
  #begin(socket: Socket, first: Buffer, peer: Peer | null): void {
    if (peer !== null) setPeer(socket, peer);
    this.#peek(socket, first, (bytes) => {
      const protocol = bytes.length === 0 ? null : protocolOfBytes(bytes);
      if (protocol === null) return false;
      socket.unshift(bytes);
      if (protocol === "http1") {
        this.#takeHttp1(socket);
        socket.resume();
      } else this.#openHttp2().take(socket, peer);
      return true;
    });
  }

  /** Reads until `look` says that it has seen enough, in the time that headers have. */
  #peek(socket: Socket, first: Buffer, look: (bytes: Buffer) => boolean): void {
    const { deadlines, limits, refusals } = this.#edge;
    const peek = { socket, bytes: first };
    const leave = () => {
      this.#peeks.delete(peek);
      deadlines.clear(peek);
      socket.off("data", take).off("error", drop).off("end", drop).off("close", leave);
    };
    const drop = () => void socket.destroy();
    const step = () => {
      socket.off("data", take).off("error", drop).off("end", drop).pause();
      if (look(peek.bytes)) leave();
      else socket.on("data", take).on("error", drop).on("end", drop).resume();
    };
    const take = (chunk: Buffer) => {
      peek.bytes = peek.bytes.length === 0 ? chunk : Buffer.concat([peek.bytes, chunk]);
      step();
    };
    this.#peeks.add(peek);
    socket.on("close", leave);
    deadlines.set(peek, limits.headersMs, () => {
      // A browser opens connections ahead, which is no fault.
      if (peek.bytes.length > 0) refusals.count("headers-too-slow");
      drop();
    });
    step();
  }

  #openHttp2(): Http2Front {
    this.#http2 ??= new Http2Front({ edge: this.#edge, takeHttp1: this.#takeHttp1 });
    if (this.#isParting) this.#http2.part();
    return this.#http2;
  }

  /** What the parser does not take. */
  #fail(error: Error & { rawPacket?: Buffer }, connection: Duplex): void {
    const answer = answerOn(connection);
    // It is the last one, or was refused for the same: what is being written of it goes out.
    if (answer?.writableEnded === true || (answer !== null && hasCode(error, "HPE_CLOSED_CONNECTION"))) return;
    const reason = parseFault(error, error.rawPacket, this.#edge.limits.headerBytes);
    if (reason === null) return void connection.destroy();
    if (answer === null) return this.#refuse(connection, reason);
    // A request that is still being answered would be told the answer to this one.
    this.#edge.refusals.count(reason);
    connection.destroy();
  }

  #refuse(connection: Duplex, reason: RefusalReason): void {
    // The parser fails again at each further byte.
    if (this.#refused.has(connection)) return;
    this.#refused.add(connection);
    this.#edge.refusals.count(reason);
    connection.on("error", () => connection.destroy());
    if (connection.writable) connection.end(faultAnswer(reason, refusalReasons[reason]), () => connection.destroy());
    else connection.destroy();
  }
}

/** The answer that node:http has open on this connection. */
function answerOn(connection: Duplex & { _httpMessage?: ServerResponse | null }): ServerResponse | null {
  return connection._httpMessage ?? null;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
