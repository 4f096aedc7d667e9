import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { Edge } from "./front/edge.ts";
import { isReasonPhrase, type ResponseHead, trailerPairs } from "./headers/response.ts";

type Controller = Dispatcher.DispatchController;

/** Up to this size copying an answer is cheaper than a second write. */
const maxJoinedBytes = 16_384;

/** Who is told that a client does not take its answer. */
export interface WayBackOwner {
  stalls(): void;
}

/** The way of an instance's answer back to its client: in as few writes as it can be, and no faster than the client takes it. */
export class WayBack {
  readonly #res: ServerResponse;
  readonly #edge: Edge;
  readonly #owner: WayBackOwner;
  readonly #controller: Controller;
  readonly #hasLength: boolean;
  /** The first piece: a short answer goes out in one write with its head. */
  #first: Buffer | null = null;
  #streaming = false;
  #waitsForDrain = false;
  /** Null as long as nothing has waited for its client. */
  #onStall: (() => void) | null = null;

  constructor(
    res: ServerResponse,
    edge: Edge,
    { hasLength }: ResponseHead,
    controller: Controller,
    owner: WayBackOwner,
  ) {
    this.#res = res;
    this.#edge = edge;
    this.#owner = owner;
    this.#controller = controller;
    this.#hasLength = hasLength;
  }

  /** Begins the answer. What has come of it by the end of this turn goes out with its head. */
  begin(status: number, message: string | undefined, headers: string[]): void {
    if (message !== undefined && isReasonPhrase(message)) this.#res.writeHead(status, message, headers);
    else this.#res.writeHead(status, headers);
    process.nextTick(flush, this);
  }

  /** Takes a piece of its body. */
  take(chunk: Buffer): void {
    if (!this.#streaming && this.#first === null) {
      this.#first = chunk;
      return;
    }
    this.flush();
    if (!this.#res.write(chunk)) this.#waitForDrain();
  }

  /** Ends it. */
  end(trailers: readonly Buffer[]): void {
    const res = this.#res;
    if (trailers.length > 0) {
      this.flush();
      if (res.chunkedEncoding) res.addTrailers(trailerPairs(trailers));
    }
    this.#streaming = true;
    const first = this.#first;
    if (first === null) res.end();
    else if (first.length > maxJoinedBytes) res.end(first);
    // Node joins a head with a string into one write, not with bytes. Latin-1 keeps every byte as it is.
    else res.end(first.toString("latin1"), "latin1");
    if ((res.socket?.writableLength ?? 0) > 0) this.#watch();
  }

  /** From now on what arrives is passed on piece by piece. */
  flush(): void {
    if (this.#streaming || this.#res.destroyed) return;
    this.#streaming = true;
    const first = this.#first;
    this.#first = null;
    if (first === null) this.#res.flushHeaders();
    else if (!this.#res.write(first)) this.#waitForDrain();
  }

  /** The answer broke off. The client must not take what it has for the whole. */
  cutOff(): void {
    const res = this.#res;
    // An answer that ends with its connection looks whole if that is closed in order.
    const bare = !res.chunkedEncoding && !this.#hasLength;
    if (bare && res.socket instanceof Socket && !res.socket.destroyed) res.socket.resetAndDestroy();
    else res.destroy();
  }

  /** Its client has all of it, or is gone. */
  close(): void {
    if (this.#onStall !== null) this.#edge.deadlines.clear(this);
  }

  #waitForDrain(): void {
    this.#controller.pause();
    this.#watch();
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.#res.on("drain", () => {
      this.#edge.deadlines.clear(this);
      this.#controller.resume();
    });
  }

  /** What its client has not taken by then it will not take. */
  #watch(): void {
    const { deadlines, limits } = this.#edge;
    this.#onStall ??= () => this.#stall();
    deadlines.set(this, limits.answerStallMs, this.#onStall);
  }

  #stall(): void {
    this.#owner.stalls();
    // What is still buffered would keep the connection.
    const connection: Duplex | null = this.#res.socket;
    if (connection instanceof Socket) connection.resetAndDestroy();
    else connection?.destroy();
  }
}

function flush(way: WayBack): void {
  way.flush();
}
