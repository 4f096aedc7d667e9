import Client from "undici/lib/dispatcher/client.js";
import type { Endpoint, RoutedInstance } from "@berth/core";

/** One connection to an instance. It carries one request at a time. */
export interface Connection {
  client: Client;
  /** It has carried a request before, so the instance may be closing it just now. */
  reused: boolean;
  idleSince: number;
  closed: boolean;
}

/** Shorter than the five seconds after which Node closes an idle connection, so that we are the ones who close. */
const keepAliveMs = 4_000;
const connectTimeoutMs = 5_000;
const maxHeaderBytes = 65_536;

/** An instance as the router sees it: what is in flight, and the idle connections to it. */
export class Instance {
  readonly id: string;
  readonly endpoint: Endpoint;
  inFlight = 0;
  readonly #origin: string;
  readonly #answerDeadlineMs: number;
  #idle: Connection[] = [];
  #retired = false;

  constructor(routed: RoutedInstance, answerDeadlineMs: number) {
    this.id = routed.id;
    this.endpoint = routed.endpoint;
    const { host, port } = routed.endpoint;
    this.#origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#answerDeadlineMs = answerDeadlineMs;
  }

  /** The connection that was used last, if it has been idle for no longer than `maxIdleMs`; otherwise a new one. */
  take(now: number, maxIdleMs: number): Connection {
    const newest = this.#idle.at(-1);
    if (newest === undefined || now - newest.idleSince > maxIdleMs) return this.#open();
    this.#idle.pop();
    newest.reused = true;
    return newest;
  }

  /** Takes a connection back whose answer ended as it should. */
  give(connection: Connection, now: number): void {
    if (connection.closed || this.#retired) return this.drop(connection);
    connection.idleSince = now;
    this.#idle.push(connection);
  }

  /** Closes a connection that is not to be used again. */
  drop(connection: Connection): void {
    connection.closed = true;
    void connection.client.destroy();
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
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: 60_000,
      keepAliveTimeoutThreshold: 1_000,
      headersTimeout: this.#answerDeadlineMs,
      // A stream of events may say nothing for hours.
      bodyTimeout: 0,
      maxHeaderSize: maxHeaderBytes,
      connectTimeout: connectTimeoutMs,
    });
    const connection: Connection = { client, reused: false, idleSince: 0, closed: false };
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
}
