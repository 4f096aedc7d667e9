import type { Endpoint } from "@berth/core";
import type { Deadlines } from "../deadlines.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";

/** Who wants to send a request. */
export interface Sender {
  /** It has this connection for itself, until it gives it back or drops it. */
  send(connection: Connection): void;
}

export interface ConnectionsOptions {
  /** How long an instance may take until its answer begins. */
  answerDeadlineMs: number;
  deadlines: Deadlines;
}

/**
 * So many connections are opened at once. Where a thousand requests come together, an app that answers soon gets to them faster over a few that are
 * used again than by taking a thousand new ones, and its queue of those (`listen`'s backlog, 511 with Node) does not run over.
 */
const openingAtOnce = 16;

/** The connections to one instance: those that are idle, those that are being opened, and who waits for one. */
export class Connections implements ConnectionOwner {
  readonly #endpoint: Endpoint;
  readonly #options: ConnectionsOptions;
  readonly #waiting = new Set<Sender>();
  /** Who sends next, and by which connection that was used before. */
  readonly #chosen = new Map<Sender, Connection>();
  readonly #opening = new Set<Connection>();
  #idle: Connection[] = [];
  #retired = false;

  constructor(endpoint: Endpoint, options: ConnectionsOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** Lets it send by the connection that was used last, if that has been idle for no longer than `maxIdleMs`; otherwise by the next that is there. */
  find(sender: Sender, now: number, maxIdleMs: number): void {
    const newest = this.#idle.at(-1);
    if (newest !== undefined && now - newest.idleSince <= Math.min(maxIdleMs, newest.keepAliveMs)) {
      this.#idle.pop();
      this.#choose(sender, newest);
    } else if (this.#opening.size < openingAtOnce) sender.send(this.#open(false));
    else this.#waiting.add(sender);
  }

  /** Lets it send by a new connection, which may become a tunnel if it is asked for. */
  open(sender: Sender, isForTunnel = false): void {
    sender.send(this.#open(isForTunnel));
  }

  /** It does not wait for one any longer. */
  leave(sender: Sender): void {
    this.#waiting.delete(sender);
    const connection = this.#chosen.get(sender);
    if (connection === undefined) return;
    this.#chosen.delete(sender);
    this.give(connection, connection.idleSince);
  }

  /** Takes a connection back whose answer ended as it should. */
  give(connection: Connection, now: number): void {
    if (connection.closed || this.#retired) return this.drop(connection);
    connection.rest(now);
    const next = this.#next();
    if (next === null) this.#idle.push(connection);
    else this.#choose(next, connection);
  }

  /** Closes a connection that is not to be used again. */
  drop(connection: Connection): void {
    connection.destroy();
    this.opened(connection);
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

  /** It is open, or will not be: another may be opened. */
  opened(connection: Connection): void {
    if (!this.#opening.delete(connection)) return;
    if (this.#opening.size < openingAtOnce) this.#next()?.send(this.#open(false));
  }

  /** Where nobody takes connections, those who wait for one shall not find that out after each other. */
  unreached(connection: Connection): void {
    this.opened(connection);
    for (let next = this.#next(); next !== null; next = this.#next()) next.send(this.#open(false));
  }

  ended(connection: Connection): void {
    const place = this.#idle.lastIndexOf(connection);
    if (place !== -1) this.#idle.splice(place, 1);
  }

  #open(isForTunnel: boolean): Connection {
    const connection = new Connection({ ...this.#options, endpoint: this.#endpoint, isForTunnel }, this);
    this.#opening.add(connection);
    return connection;
  }

  #choose(sender: Sender, connection: Connection): void {
    this.#chosen.set(sender, connection);
    if (this.#chosen.size === 1) setImmediate(sendChosen, this);
  }

  /**
   * Lets those send that were to send by a connection that was used before. By now the instance's last word on it was read, where that came before what is
   * to be sent: one that it has closed is not used, nor one by which it has sent more than it was asked for, which would be taken for the next answer.
   */
  sendChosen(): void {
    const chosen = [...this.#chosen];
    for (const [sender, connection] of chosen) {
      if (!this.#chosen.delete(sender)) continue;
      sender.send(connection.closed ? this.#open(false) : connection);
    }
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

function sendChosen(connections: Connections): void {
  connections.sendChosen();
}
