import Client from "undici/lib/dispatcher/client.js";
import type { Endpoint, RoutedInstance } from "@berth/core";
import { InstanceHealth } from "./instance-health.ts";

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
/** So long an instance that has just begun beside others gets less than they do. */
const slowStartMs = 5_000;
/** What it gets at first. */
const leastWeight = 0.1;

/** An instance as the router sees it: what is in flight, and the idle connections to it. */
export class Instance {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly health = new InstanceHealth();
  inFlight = 0;
  /** How many requests this router may have there at once. */
  quota = Infinity;
  #slowFrom: number | null = null;
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

  get isFull(): boolean {
    return this.inFlight >= this.quota;
  }

  /** Others have been there before it: until the moment that is returned it gets less than they do. */
  beginSlowly(now: number): number {
    this.#slowFrom = now;
    return now + slowStartMs;
  }

  /** What share of a full load it should get, up to 1: it grows evenly, as with Envoy's slow start. */
  weight(now: number): number {
    if (this.#slowFrom === null) return 1;
    const share = (now - this.#slowFrom) / slowStartMs;
    if (share >= 1) this.#slowFrom = null;
    return Math.min(1, Math.max(leastWeight, share));
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
