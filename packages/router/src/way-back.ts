import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Edge } from "./front/edge.ts";
import { isReasonPhrase, trailerPairs } from "./headers/response.ts";
import { PieceCopies } from "./piece-copies.ts";
import type { AnswerHead } from "./upstream/answer-head.ts";

/** Up to this size an answer goes out as text: Node joins a head with a string into one write, not with bytes. */
const maxTextBytes = 16_384;

const copies = new PieceCopies();

/** Who is told that a client does not take its answer. */
export interface WayBackOwner {
  stalls(): void;
}

/** Where an answer comes from. */
export interface AnswerSource {
  /** Lets nothing more come until `resume`. */
  pause(): void;
  resume(): void;
}

export interface WayBackOptions {
  res: ServerResponse;
  edge: Edge;
  connection: AnswerSource;
  head: AnswerHead;
  /** The headers that the client gets: names and values in turn. */
  headers: string[];
  owner: WayBackOwner;
}

/** The way of an instance's answer back to its client: in as few writes as it can be, and no faster than the client takes it. */
export class WayBack {
  readonly #options: WayBackOptions;
  /** What has come and was not written yet. It is gone after `flush` or `end`. */
  #piece: Buffer | null = null;
  #hasBegun = false;
  /** Its client has not taken all that was written. */
  #isBehind = false;
  /** What was written last, if it is to be given back. */
  #copy: Buffer | null = null;

  constructor(options: WayBackOptions) {
    this.#options = options;
  }

  /** Its client has got some of the answer: the head goes out with what has come of the body by the first `flush`, or `end`. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Takes a piece of its body, which is there until `flush` or `end` has returned. */
  take(piece: Buffer): void {
    this.#piece = piece;
  }

  /** Passes on what has come. */
  flush(): void {
    const { res } = this.#options;
    const piece = this.#piece;
    this.#piece = null;
    if (res.destroyed) return;
    const isHead = this.#begin();
    if (piece !== null) this.#write(piece);
    else if (isHead) res.flushHeaders();
  }

  /** Ends it. Trailers are names and values in turn. */
  end(trailers: readonly string[]): void {
    const { res } = this.#options;
    if (trailers.length > 0) {
      this.flush();
      if (res.chunkedEncoding) res.addTrailers(trailerPairs(trailers));
    }
    const piece = this.#piece;
    this.#piece = null;
    this.#begin();
    // Latin-1 keeps every byte as it is.
    if (piece === null) res.end();
    else if (piece.length <= maxTextBytes) res.end(piece.toString("latin1"), "latin1");
    else {
      this.#write(piece);
      res.end();
    }
    // Its connection to the instance may carry another answer by now.
    this.#isBehind = false;
    if (isBuffering(res)) this.#watch();
  }

  /** The answer broke off. The client must not take what it has for the whole. */
  cutOff(): void {
    const { res, head } = this.#options;
    // An answer that ends with its connection looks whole if that is closed in order.
    const bare = !res.chunkedEncoding && !head.hasLength;
    if (bare && res.socket instanceof Socket && !res.socket.destroyed) res.socket.resetAndDestroy();
    else res.destroy();
  }

  /** Its client has all of it, or is gone. */
  close(): void {
    if (this.#onStall !== null) this.#options.edge.deadlines.clear(this);
  }

  /** Returns whether it was time to. */
  #begin(): boolean {
    if (this.#hasBegun) return false;
    this.#hasBegun = true;
    const { res, head, headers } = this.#options;
    const { status, reason } = head;
    if (isReasonPhrase(reason)) res.writeHead(status, reason, headers);
    else res.writeHead(status, headers);
    return true;
  }

  #write(piece: Buffer): void {
    const { res, connection } = this.#options;
    const { socket } = res;
    // Otherwise Node would write it in the next turn only, and whether the client keeps up could not be told before.
    socket?.cork();
    this.#send(piece);
    socket?.uncork();
    if (!isBuffering(res)) return this.#giveBack();
    this.#isBehind = true;
    connection.pause();
    this.#watch();
  }

  #send(piece: Buffer): void {
    const { res } = this.#options;
    if (piece.length <= maxTextBytes) return void res.write(piece.toString("latin1"), "latin1", this.#onTaken);
    // What is written within this process has not been read with that.
    if (!(res.socket instanceof Socket)) return void res.write(Buffer.from(piece), this.#onTaken);
    this.#copy = copies.take(piece);
    res.write(this.#copy, this.#onTaken);
  }

  readonly #onTaken = () => {
    const { res, edge, connection } = this.#options;
    if (!this.#isBehind || res.destroyed || isBuffering(res)) return;
    this.#isBehind = false;
    edge.deadlines.clear(this);
    this.#giveBack();
    connection.resume();
  };

  #giveBack(): void {
    if (this.#copy !== null) copies.give(this.#copy);
    this.#copy = null;
  }

  /** Null as long as nothing has waited for its client. */
  #onStall: (() => void) | null = null;

  /** What its client has not taken by then it will not take. */
  #watch(): void {
    const { edge } = this.#options;
    this.#onStall ??= () => this.#stall();
    edge.deadlines.set(this, edge.limits.answerStallMs, this.#onStall);
  }

  #stall(): void {
    this.#options.owner.stalls();
    // What is still buffered would keep the connection.
    const connection: Duplex | null = this.#options.res.socket;
    if (connection instanceof Socket) connection.resetAndDestroy();
    else connection?.destroy();
  }
}

/** Whether its client has not taken all that was written. */
function isBuffering(res: ServerResponse): boolean {
  return res.writableLength > 0;
}
