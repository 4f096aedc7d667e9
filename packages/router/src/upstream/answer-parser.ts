import { type AnswerHead, mayBeginAnswer, readAnswerHead } from "./answer-head.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import type { FaultKind } from "./fault.ts";
import { isSpoiled, maxHeadBytes } from "./fields.ts";

/** Who is told what an answer is made of, in its order. */
export interface AnswerEvents {
  /** The head of the answer itself; what comes before it (1xx) is left out. */
  head(head: AnswerHead): void;
  /** A piece of its body, at most one for each `feed`: a part of the bytes that were fed. */
  body(piece: Buffer): void;
  /** Its end. `isLast`: more bytes have come than belong to it, so nothing else that comes can be trusted. */
  end(trailers: readonly string[], isLast: boolean): void;
  /** What was asked for: the connection goes on with another protocol, of which this has come already. */
  switched(head: AnswerHead, rest: Buffer): void;
}

type State = "none" | "head" | "length" | "chunked" | "until-close";

/**
 * Reads one answer after the other as RFC 9112 has them, and refuses what two readers could take for different things. It has no input and output, and
 * makes the same of the same bytes, in whatever pieces they come.
 */
export class AnswerParser {
  readonly #events: AnswerEvents;
  #state: State = "none";
  #method = "";
  #maySwitch = false;
  /** What has come of a head that is not whole yet. */
  #part = "";
  /** Of the heads of this answer that were read. */
  #headBytes = 0;
  #left = 0;
  #chunks: ChunkDecoder | null = null;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  /** No answer is expected, or it has ended. */
  get isIdle(): boolean {
    return this.#state === "none";
  }

  /** Nothing is known of the answer itself yet. */
  get isAwaited(): boolean {
    return this.#state === "head";
  }

  /** The next bytes are the answer to a request with this method, which may have asked for another protocol. */
  begin(method: string, maySwitch: boolean): void {
    this.#state = "head";
    this.#method = method;
    this.#maySwitch = maySwitch;
    this.#part = "";
    this.#headBytes = 0;
  }

  /** Tells nobody anything more of this answer. */
  stop(): void {
    this.#state = "none";
    this.#part = "";
    this.#chunks = null;
  }

  /** Takes the first `length` of these bytes, which it may move about. */
  feed(bytes: Buffer, length: number): FaultKind | null {
    let at = 0;
    while (this.#state === "head") {
      const end = this.#readHead(bytes, at, length);
      if (typeof end === "string") return end;
      if (end === null) return null;
      at = end;
    }
    if (at === length || this.#state === "none") return null;
    if (this.#state === "chunked") return this.#readChunks(bytes, at, length);
    if (this.#state === "until-close") {
      this.#events.body(bytes.subarray(at, length));
      return null;
    }
    const end = Math.min(length, at + this.#left);
    this.#left -= end - at;
    this.#events.body(bytes.subarray(at, end));
    if (this.#left === 0 && !this.isIdle) this.#end([], end < length);
    return null;
  }

  /** The connection has ended, in order. Null: so has the answer, or there was none. */
  finish(): FaultKind | null {
    if (this.#state === "until-close") this.#end([], false);
    return this.#state === "none" ? null : "closed";
  }

  /** Returns where the head ends, or null where there is more to come. */
  #readHead(bytes: Buffer, from: number, length: number): number | null | FaultKind {
    const before = this.#part.length;
    const room = maxHeadBytes - this.#headBytes;
    let text: string;
    let end: number;
    if (before === 0) {
      const found = bytes.indexOf("\r\n\r\n", from, "latin1");
      // What lies beyond `length` is of another read.
      const isWhole = found !== -1 && found + 4 <= length;
      text = bytes.toString("latin1", from, isWhole ? found + 4 : Math.min(length, from + room + 1));
      end = isWhole ? found + 4 : -1;
    } else {
      text = this.#part + bytes.toString("latin1", from, Math.min(length, from + room + 1));
      const found = text.indexOf("\r\n\r\n", Math.max(0, before - 3));
      end = found === -1 ? -1 : from + found + 4 - before;
      if (found !== -1) text = text.slice(0, found + 4);
    }
    if (text.length > room) return "too-large";
    if (end === -1) {
      this.#part = text;
      return mayBeginAnswer(text) && !isSpoiled(text) ? null : "not-http";
    }
    this.#part = "";
    this.#headBytes += text.length;
    const head = readAnswerHead(text, this.#method);
    if (typeof head === "string") return head;
    return this.#take(head, bytes, end, length) ?? end;
  }

  #take(head: AnswerHead, bytes: Buffer, end: number, length: number): FaultKind | null {
    if (head.status === 101) {
      if (!this.#maySwitch || head.upgrade === null) return "not-http";
      this.stop();
      this.#events.switched(head, bytes.subarray(end, length));
      return null;
    }
    if (head.status < 200) return null;
    const { body } = head;
    this.#left = typeof body === "number" ? body : 0;
    this.#chunks = body === "chunked" ? new ChunkDecoder() : null;
    this.#state = typeof body === "number" ? "length" : body;
    this.#events.head(head);
    // Whoever was told of the head may have had enough of it.
    if (body === 0 && !this.isIdle) this.#end([], end < length);
    return null;
  }

  #readChunks(bytes: Buffer, from: number, length: number): FaultKind | null {
    const chunks = this.#chunks!;
    const fault = chunks.decode(bytes, from, length);
    if (chunks.bodyEnd > from) this.#events.body(bytes.subarray(from, chunks.bodyEnd));
    if (fault !== null || this.isIdle) return this.isIdle ? null : fault;
    if (chunks.isDone) this.#end(chunks.trailers, chunks.next < length);
    return null;
  }

  #end(trailers: readonly string[], isLast: boolean): void {
    this.stop();
    this.#events.end(trailers, isLast);
  }
}
