import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
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

/**
 * A request's body on its way to an instance. undici destroys the stream it is given, and with the request itself it
 * would take the client's connection along; and only here it is seen whether anything was read yet, that is,
 * whether the request can still be sent elsewhere.
 */
export class RequestBody extends Readable {
  /** Some of it was read: it cannot be sent a second time. */
  taken = false;
  /** Why it is not passed on to its end. */
  fault: "body-too-slow" | "body-too-large" | null = null;
  readonly #req: IncomingMessage;
  readonly #options: RequestBodyOptions;
  #attached = false;
  #bytes = 0;

  constructor(req: IncomingMessage, options: RequestBodyOptions) {
    super({ highWaterMark: 65_536 });
    this.#req = req;
    this.#options = options;
  }

  readonly #onData = (chunk: Buffer) => {
    const { deadlines, maxBytes } = this.#options;
    deadlines.clear(this);
    this.taken = true;
    this.#bytes += chunk.length;
    if (maxBytes !== null && this.#bytes > maxBytes) return this.#fail("body-too-large");
    if (!this.push(chunk)) this.#req.pause();
  };

  readonly #onEnd = () => {
    this.#options.deadlines.clear(this);
    this.taken = true;
    this.push(null);
  };

  readonly #onClose = () => {
    if (!this.#req.complete) this.destroy(new Error("The client closed the connection within its request."));
  };

  readonly #stall = () => this.#fail("body-too-slow");

  #fail(fault: "body-too-slow" | "body-too-large"): void {
    this.fault = fault;
    this.destroy(new Error("The body is not passed on."));
  }

  override _read(): void {
    const { deadlines, stallMs, beforeReading } = this.#options;
    if (!this.#attached) {
      this.#attached = true;
      beforeReading();
      this.#req.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    }
    if (!this.#req.complete) deadlines.set(this, stallMs, this.#stall);
    this.#req.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#options.deadlines.clear(this);
    this.#req.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    if (!this.taken) this.#req.pause();
    done(error);
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
