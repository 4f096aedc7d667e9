import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/**
 * A request's body on its way to an instance. undici destroys the stream it is given, and with the request itself it
 * would take the client's connection along; and only here it is seen whether anything was read yet, that is,
 * whether the request can still be sent elsewhere.
 */
export class RequestBody extends Readable {
  /** Some of it was read: it cannot be sent a second time. */
  taken = false;
  readonly #req: IncomingMessage;
  readonly #beforeReading: () => void;
  #attached = false;

  constructor(req: IncomingMessage, beforeReading: () => void) {
    super({ highWaterMark: 65_536 });
    this.#req = req;
    this.#beforeReading = beforeReading;
  }

  readonly #onData = (chunk: Buffer) => {
    this.taken = true;
    if (!this.push(chunk)) this.#req.pause();
  };

  readonly #onEnd = () => {
    this.taken = true;
    this.push(null);
  };

  readonly #onClose = () => {
    if (!this.#req.complete) this.destroy(new Error("The client closed the connection within its request."));
  };

  override _read(): void {
    if (!this.#attached) {
      this.#attached = true;
      this.#beforeReading();
      this.#req.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    }
    this.#req.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
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

/** Reads and forgets the rest of a request that is answered already, so that a client which first sends all can read the answer. What is too long for that is cut off. */
export function discardRest(req: IncomingMessage, res: ServerResponse): void {
  if (res.destroyed) return;
  let left = maxDiscardedBytes;
  req.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) req.socket.destroy();
  });
  req.resume();
}
