import { connect, type Socket } from "node:net";
import type { Endpoint } from "@berth/core";
import type { Deadlines } from "../deadlines.ts";
import type { RequestBody } from "../request-body.ts";
import type { AnswerHead } from "./answer-head.ts";
import { type AnswerEvents, AnswerParser } from "./answer-parser.ts";
import { type FaultKind, UpstreamFault } from "./fault.ts";
import { leavesOpen } from "./request-head.ts";

export interface UpstreamRequest {
  method: string;
  /** Its first line and headers, as `makeRequestHead` makes them. */
  head: string;
  body: RequestBody | null;
}

/** Who is told what becomes of a request. After `onEnd`, `onSwitch` or `onFault` nothing more is told. */
export interface AnswerTaker {
  /** The connection is open: from now on the instance may have got something of the request. */
  onSent(): void;
  /** The first bytes of an answer have come. */
  onHeard(): void;
  onHead(head: AnswerHead): void;
  /** A piece of the body. Its bytes are there until `onRead`, `onEnd` or `onFault` returns. */
  onBody(piece: Buffer): void;
  /** What has come by now was told, and more is to come. */
  onRead(): void;
  /** Names and values of trailers in turn. */
  onEnd(trailers: readonly string[]): void;
  onSwitch(head: AnswerHead, socket: Socket): void;
  onFault(fault: UpstreamFault): void;
}

/** Who keeps connections. */
export interface ConnectionOwner {
  opened(connection: Connection): void;
  /** Nobody took it. */
  unreached(connection: Connection): void;
  /** It has ended while it carried nothing. */
  ended(connection: Connection): void;
}

export interface ConnectionOptions {
  endpoint: Endpoint;
  deadlines: Deadlines;
  /** How long an instance may take to begin its answer, and to take more of the request. */
  answerDeadlineMs: number;
  /** What it carries may become a tunnel: its socket can be handed over. */
  isForTunnel: boolean;
}

const connectTimeoutMs = 5_000;
const tcpKeepAliveMs = 60_000;

/**
 * All connections of this process read into this: what was read is taken before anything else is read. A buffer for each read, as Node has it otherwise, is
 * memory beside the heap, and makes the collector look through all of that every few megabytes.
 */
const readBuffer = Buffer.allocUnsafeSlow(128 * 1024);

/** A connection to an instance. It carries one request at a time. */
export class Connection implements AnswerEvents {
  /** Nothing is sent by it any more. */
  closed = false;
  isOpening = true;
  idleSince = 0;
  /** So long it may be used again. */
  keepAliveMs = 0;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #parser = new AnswerParser(this);
  readonly #socket: Socket;
  #request: UpstreamRequest | null = null;
  #taker: AnswerTaker | null = null;
  #error: Error | undefined = undefined;
  #isHeard = false;
  #isReading = false;
  #isHeld = false;

  constructor(options: ConnectionOptions, owner: ConnectionOwner) {
    const { endpoint, deadlines, isForTunnel } = options;
    this.#owner = owner;
    this.#options = options;
    const onread = isForTunnel
      ? {}
      : { onread: { buffer: readBuffer, callback: (length: number) => this.#read(readBuffer, length) } };
    this.#socket = connect({
      ...endpoint,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: tcpKeepAliveMs,
      ...onread,
    });
    this.#socket.once("connect", this.#onConnect).on("end", this.#onEnd);
    this.#socket.on("error", this.#onError).on("close", this.#onClose);
    if (isForTunnel) this.#socket.on("data", this.#onData);
    deadlines.set(this, connectTimeoutMs, () => this.#socket.destroy(new Error("It took no connection in time.")));
  }

  /** Sends a request as soon as the connection is open. It must carry none. */
  send(request: UpstreamRequest, taker: AnswerTaker): void {
    this.#request = request;
    this.#taker = taker;
    if (!this.isOpening) this.#begin();
  }

  /** It has nothing to carry from now on, and is closed if that stays so for too long. */
  rest(now: number): void {
    this.idleSince = now;
    this.#options.deadlines.set(this, this.keepAliveMs, this.#onRest);
  }

  /** Reads nothing more until `resume`. What has come already is told still. */
  pause(): void {
    this.#isHeld = true;
    if (!this.#isReading || this.#options.isForTunnel) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  /** Closes it, and tells nobody. */
  destroy(): void {
    this.closed = true;
    this.#let();
    this.#parser.stop();
    this.#socket.destroy();
  }

  head(head: AnswerHead): void {
    this.#options.deadlines.clear(this);
    this.keepAliveMs = head.keepAliveMs;
    this.#taker?.onHead(head);
  }

  body(piece: Buffer): void {
    this.#taker?.onBody(piece);
  }

  end(trailers: readonly string[], isLast: boolean): void {
    const request = this.#request;
    const taker = this.#let();
    if (request === null || taker === null) return;
    const { method, body } = request;
    const isWhole = body === null || body.isSent;
    const staysOpen = this.keepAliveMs > 0 && leavesOpen(method, body !== null) && !this.#options.isForTunnel;
    if (isLast || !isWhole || !staysOpen) this.closed = true;
    taker.onEnd(trailers);
    // What its client has not taken yet no longer keeps the connection from reading.
    this.resume();
  }

  switched(head: AnswerHead, rest: Buffer): void {
    const taker = this.#let();
    const socket = this.#socket;
    this.closed = true;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError).off("close", this.#onClose);
    socket.pause();
    if (rest.length > 0) socket.unshift(rest);
    taker?.onSwitch(head, socket);
  }

  readonly #onConnect = () => {
    this.#options.deadlines.clear(this);
    this.isOpening = false;
    this.#owner.opened(this);
    if (this.#taker !== null) this.#begin();
  };

  readonly #onData = (chunk: Buffer) => void this.#read(chunk, chunk.length);

  readonly #onEnd = () => {
    const fault = this.#parser.finish();
    if (fault !== null) this.#fail(fault);
    else this.#close();
  };

  readonly #onRest = () => this.#close();
  readonly #onLate = () => this.#fail("late");

  readonly #onError = (error: Error) => {
    this.#error = error;
  };

  readonly #onClose = () => {
    if (this.isOpening && !this.closed) {
      const taker = this.#let();
      this.closed = true;
      taker?.onFault(new UpstreamFault("unreached", this.#error));
      this.#owner.unreached(this);
    } else if (this.#taker !== null) this.#fail("closed");
    else this.#close();
  };

  #begin(): void {
    const request = this.#request;
    if (request === null) return;
    const { method, head, body } = request;
    const socket = this.#socket;
    this.#isHeard = false;
    this.#parser.begin(method, this.#options.isForTunnel);
    this.#taker?.onSent();
    if (body === null) {
      socket.write(head, "latin1");
      this.#awaitAnswer();
      return;
    }
    this.#options.deadlines.clear(this);
    // What is there of the body already goes out together with the head.
    socket.cork();
    socket.write(head, "latin1");
    body.sendTo(socket, {
      blocked: () => this.#awaitAnswer(),
      flows: () => this.#options.deadlines.clear(this),
      ended: () => this.#awaitAnswer(),
      failed: () => this.#fail("closed"),
    });
    process.nextTick(uncork, socket);
  }

  /** It is the instance's turn. */
  #awaitAnswer(): void {
    if (!this.#parser.isAwaited) return;
    const { deadlines, answerDeadlineMs } = this.#options;
    deadlines.set(this, answerDeadlineMs, this.#onLate);
  }

  #read(bytes: Buffer, length: number): boolean {
    if (this.#parser.isIdle) {
      // Nothing was asked.
      this.#close();
      return false;
    }
    const taker = this.#taker;
    if (!this.#isHeard) {
      this.#isHeard = true;
      taker?.onHeard();
    }
    this.#isReading = true;
    const fault = this.#feed(bytes, length);
    if (fault !== null) this.#fail(fault);
    else if (!this.#parser.isIdle) taker?.onRead();
    this.#isReading = false;
    return !this.#isHeld;
  }

  /** What somebody throws at an answer is that answer's end, and not that of all which this process routes. */
  #feed(bytes: Buffer, length: number): FaultKind | null {
    try {
      return this.#parser.feed(bytes, length);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      return "closed";
    }
  }

  /** It carries nothing any more. */
  #let(): AnswerTaker | null {
    const taker = this.#taker;
    this.#request?.body?.stop();
    this.#taker = null;
    this.#request = null;
    this.#options.deadlines.clear(this);
    return taker;
  }

  #fail(kind: FaultKind): void {
    const taker = this.#taker;
    this.destroy();
    taker?.onFault(new UpstreamFault(kind, this.#error));
  }

  #close(): void {
    if (this.closed) return void this.#socket.destroy();
    this.destroy();
    this.#owner.ended(this);
  }
}

function uncork(socket: Socket): void {
  socket.uncork();
}
