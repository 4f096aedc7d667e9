import buildConnector from "undici/lib/core/connect.js";
import Client from "undici/lib/dispatcher/client.js";
import type { Endpoint } from "@berth/core";

/** One connection to an instance. It carries one request at a time. */
export interface Connection {
  client: Client;
  /** It has carried a request before, so the instance may be closing it just now. */
  reused: boolean;
  idleSince: number;
  isOpening: boolean;
  closed: boolean;
}

/** Who wants to send a request. */
export interface Sender {
  /** It has this connection for itself, until it gives it back or drops it. */
  send(connection: Connection): void;
}

/** Shorter than the five seconds after which Node closes an idle connection, so that we are the ones who close. */
const keepAliveMs = 4_000;
const connectTimeoutMs = 5_000;
const maxHeaderBytes = 65_536;
/**
 * So many connections are opened at once. Where a thousand requests come together, an app that answers soon gets to them faster over a few that are
 * used again than by taking a thousand new ones, and its queue of those (`listen`'s backlog, 511 with Node) does not run over.
 */
const openingAtOnce = 16;

/** One for all: each has a cache of TLS sessions, which is of no use here. */
const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false });

/** The connections to one instance: those that are idle, those that are being opened, and who waits for one. */
export class Connections {
  readonly #origin: string;
  readonly #answerDeadlineMs: number;
  readonly #waiting = new Set<Sender>();
  #idle: Connection[] = [];
  #opening = 0;
  #retired = false;

  constructor({ host, port }: Endpoint, answerDeadlineMs: number) {
    this.#origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#answerDeadlineMs = answerDeadlineMs;
  }

  /** Lets it send by the connection that was used last, if that has been idle for no longer than `maxIdleMs`; otherwise by the next that is there. */
  find(sender: Sender, now: number, maxIdleMs: number): void {
    const newest = this.#idle.at(-1);
    if (newest !== undefined && now - newest.idleSince <= maxIdleMs) {
      this.#idle.pop();
      newest.reused = true;
      sender.send(newest);
    } else if (this.#opening < openingAtOnce) sender.send(this.#open());
    else this.#waiting.add(sender);
  }

  /** A new one, however many are being opened: for what may not go by one that was used before. */
  open(sender: Sender): void {
    sender.send(this.#open());
  }

  /** It does not wait for one any longer. */
  leave(sender: Sender): void {
    this.#waiting.delete(sender);
  }

  /** Takes a connection back whose answer ended as it should. */
  give(connection: Connection, now: number): void {
    if (connection.closed || this.#retired) return this.drop(connection);
    connection.idleSince = now;
    this.#idle.push(connection);
    // Not before what has come with its answer was read: if that is more than an answer, the connection is closed.
    if (this.#waiting.size > 0) process.nextTick(handOut, this);
  }

  /** Lets who waits send by the connections that are idle. */
  handOut(): void {
    while (this.#waiting.size > 0) {
      const connection = this.#idle.pop();
      if (connection === undefined) return;
      connection.reused = true;
      this.#next()?.send(connection);
    }
  }

  /** Closes a connection that is not to be used again. */
  drop(connection: Connection): void {
    connection.closed = true;
    void connection.client.destroy();
    this.#opened(connection);
  }

  /** No new requests come: idle connections close now, the others after their answer. */
  retire(): void {
    this.#retired = true;
    const idle = this.#idle;
    this.#idle = [];
    for (const connection of idle) this.drop(connection);
  }

  /** Undoes `retire`: the same instance is routed to again. */
  restore(): void {
    this.#retired = false;
  }

  #open(): Connection {
    const client = new Client(this.#origin, {
      connect,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: 60_000,
      keepAliveTimeoutThreshold: 1_000,
      headersTimeout: this.#answerDeadlineMs,
      // A stream of events may say nothing for hours.
      bodyTimeout: 0,
      maxHeaderSize: maxHeaderBytes,
    });
    const connection: Connection = { client, reused: false, idleSince: 0, isOpening: true, closed: false };
    this.#opening++;
    client.on("connect", () => this.#opened(connection));
    client.on("connectionError", () => this.#fail(connection));
    client.on("disconnect", () => {
      const place = this.#idle.lastIndexOf(connection);
      if (place === -1) connection.closed = true;
      else {
        this.#idle.splice(place, 1);
        this.drop(connection);
      }
    });
    return connection;
  }

  /** It is open, or will not be: another may be opened. */
  #opened(connection: Connection): void {
    if (!connection.isOpening) return;
    connection.isOpening = false;
    this.#opening--;
    if (this.#opening < openingAtOnce) this.#next()?.send(this.#open());
  }

  /** Where nobody takes connections, those who wait for one shall not find that out after each other. */
  #fail(connection: Connection): void {
    this.#opened(connection);
    for (let next = this.#next(); next !== null; next = this.#next()) next.send(this.#open());
  }

  /** Who has waited longest, and waits no more. */
  #next(): Sender | null {
    for (const sender of this.#waiting) {
      this.#waiting.delete(sender);
      return sender;
    }
    return null;
  }
}

function handOut(connections: Connections): void {
  connections.handOut();
}
