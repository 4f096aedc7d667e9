import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Deadlines } from "./deadlines.ts";

export interface RequestBodyOptions {
  /** Called when an instance begins to take it. */
  beforeReading(): void;
  deadlines: Deadlines;
  /** So long it may stand still while the instance waits for more. */
  stallMs: number;
  /** Null: any. */
  maxBytes: number | null;
}

/** Who is told how a body gets on. */
export interface BodyWatcher {
  /** The instance takes nothing more for now. */
  blocked(): void;
  /** The client has to send more. */
  flows(): void;
  ended(): void;
  /** There is a `fault`, and no more comes. */
  failed(): void;
}

/** A request's body on its way to an instance, no faster than that takes it. Only here it is seen whether anything was read yet, that is, whether the request can still be sent elsewhere. */
export class RequestBody {
  /** Some of it was read: it cannot be sent a second time. */
  taken = false;
  /** All of it was sent. */
  isSent = false;
  /** Why it is not passed on to its end. */
  fault: "body-too-slow" | "body-too-large" | null = null;
  readonly #req: IncomingMessage;
  readonly #options: RequestBodyOptions;
  readonly #isChunked: boolean;
  #socket: Socket | null = null;
  #watcher: BodyWatcher | null = null;
  #bytes = 0;
  /** The instance has not taken all that was written. */
  #isBlocked = false;
  /** What the instance may not have taken yet. */
  #written: Buffer[] = [];

  constructor(req: IncomingMessage, options: RequestBodyOptions) {
    this.#req = req;
    this.#options = options;
    this.#isChunked = req.headers["transfer-encoding"] !== undefined;
  }

  /** Sends it, once, to an instance that has its request's head. */
  sendTo(socket: Socket, watcher: BodyWatcher): void {
    this.#socket = socket;
    this.#watcher = watcher;
    this.#options.beforeReading();
    this.#req.on("data", this.#onData).on("end", this.#onEnd);
    this.#read();
  }

  /** Sends nothing more of it. */
  stop(): void {
    if (this.#socket === null) return;
    this.#options.deadlines.clear(this);
    this.#req.off("data", this.#onData).off("end", this.#onEnd);
    this.#socket = null;
    this.#watcher = null;
    if (!this.taken) this.#req.pause();
  }

  readonly #onData = (chunk: Buffer) => {
    const { deadlines, maxBytes } = this.#options;
    deadlines.clear(this);
    this.taken = true;
    this.#bytes += chunk.length;
    if (maxBytes !== null && this.#bytes > maxBytes) return this.#fail("body-too-large");
    this.#write(chunk);
    // What comes from within this process may be somebody else's still.
    if (this.#req.socket instanceof Socket) this.#written.push(chunk);
    if (this.#socket?.writableLength === 0) {
      this.#free();
      return this.#awaitMore();
    }
    this.#isBlocked = true;
    this.#req.pause();
    this.#watcher?.blocked();
  };

  readonly #onTaken = () => {
    if (!this.#isBlocked || this.#socket?.writableLength !== 0) return;
    this.#isBlocked = false;
    this.#free();
    this.#watcher?.flows();
    this.#read();
  };

  readonly #onEnd = () => {
    const watcher = this.#watcher;
    this.taken = true;
    this.isSent = true;
    if (this.#isChunked) this.#socket?.write("0\r\n\r\n", "latin1");
    this.stop();
    watcher?.ended();
  };

  readonly #stall = () => this.#fail("body-too-slow");

  #read(): void {
    this.#awaitMore();
    this.#req.resume();
  }

  #awaitMore(): void {
    if (!this.#req.complete) this.#options.deadlines.set(this, this.#options.stallMs, this.#stall);
  }

  #write(chunk: Buffer): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (!this.#isChunked) return void socket.write(chunk, this.#onTaken);
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    socket.write(chunk);
    socket.write("\r\n", "latin1", this.#onTaken);
    socket.uncork();
  }

  /**
   * Node reads each piece of a body into memory of its own, beside the heap. Left to the collector it would look through all of the heap every few
   * megabytes for that.
   */
  #free(): void {
    for (const { buffer, length } of this.#written)
      if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
    this.#written = [];
  }

  #fail(fault: "body-too-slow" | "body-too-large"): void {
    const watcher = this.#watcher;
    this.fault = fault;
    this.stop();
    watcher?.failed();
  }
}

/** Whether a request announces a body. */
export function hasBody(req: IncomingMessage): boolean {
  const length = req.headers["content-length"];
  return req.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

const maxDiscardedBytes = 64 * 1024 * 1024;
const maxDiscardingMs = 30_000;

/** Reads and forgets the rest of a request that is answered already, so that a client which first sends all can read the answer. What is too long or too slow for that is cut off. */
export function discardRest(req: IncomingMessage, res: ServerResponse, deadlines: Deadlines): void {
  if (res.destroyed) return;
  let left = maxDiscardedBytes;
  deadlines.set(req, maxDiscardingMs, () => req.socket.destroy());
  req.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) req.socket.destroy();
  });
  req.once("close", () => deadlines.clear(req));
  req.resume();
}
