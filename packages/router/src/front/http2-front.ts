import { type ClientRequest, request as ask, type IncomingMessage } from "node:http";
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Http2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RefusalReason } from "../refusals.ts";
import type { Edge } from "./edge.ts";
import { makeHttp1Headers, makeHttp2Headers } from "./http2-headers.ts";
import { makeMemoryPair } from "./memory-pair.ts";
import { type Peer, setPeer } from "./peer.ts";
import { plainAddress } from "./proxy-protocol.ts";

export interface Http2FrontDeps {
  edge: Edge;
  /** Takes a connection that speaks HTTP/1.1. */
  takeHttp1(connection: Duplex): void;
}

/** So many streams a client may reset at once, and in each second after that (CVE-2023-44487). Pages that are left reset a hundred. */
const resetBurst = 1_000;
const resetsPerSecond = 33;
const maxInvalidFrames = 100;
/** `:method`, `:scheme`, `:authority`, `:path`. A cookie may come in many pieces. */
const morePairs = 4 + 100;

interface Session {
  peer: Peer;
  streams: number;
}

/**
 * HTTP/2 from clients. Each stream becomes a request on an HTTP/1.1 connection within this process, to the same server: what is checked,
 * limited and counted there holds for it too, and nothing that only HTTP/2 can say reaches an instance.
 */
export class Http2Front {
  readonly #deps: Http2FrontDeps;
  readonly #server: Http2Server;
  readonly #sessions = new Map<Http2Session, Session>();
  #arriving: Peer | null = null;
  #isParting = false;

  constructor(deps: Http2FrontDeps) {
    this.#deps = deps;
    const { limits, refusals } = deps.edge;
    this.#server = createServer({
      settings: {
        maxConcurrentStreams: limits.streams,
        maxHeaderListSize: limits.headerBytes,
        enablePush: false,
      },
      maxHeaderListPairs: limits.headers + morePairs,
      maxSessionInvalidFrames: maxInvalidFrames,
      streamResetBurst: resetBurst,
      streamResetRate: resetsPerSecond,
    });
    this.#server.on("session", (session) => this.#open(session));
    this.#server.on("stream", (stream, headers, flags, raw) => this.#serve(stream, headers, flags, raw));
    this.#server.on("sessionError", (error: Error & { code?: string }) => {
      if (error.code?.startsWith("ERR_HTTP2") === true) refusals.count("bad-session");
    });
  }

  /** Takes a connection whose first bytes, still in it, are the preface. */
  take(socket: Socket, peer: Peer | null): void {
    const own = {
      address: plainAddress(socket.remoteAddress ?? ""),
      localPort: socket.localPort ?? 0,
      isTrusted: null,
    };
    this.#arriving = peer ?? own;
    this.#server.emit("connection", socket);
  }

  /** From now on a session ends with the requests that it has. */
  part(): void {
    this.#isParting = true;
  }

  /** Takes no new requests, and closes each session when its last one has ended. */
  closeGracefully(): void {
    for (const session of this.#sessions.keys()) session.close();
  }

  destroyAll(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #open(session: Http2Session): void {
    const peer = this.#arriving;
    if (peer === null) return void session.destroy();
    this.#arriving = null;
    const entry: Session = { peer, streams: 0 };
    this.#sessions.set(session, entry);
    session.on("close", () => this.#sessions.delete(session));
    session.on("error", () => session.destroy());
    session.setTimeout(this.#deps.edge.limits.idleMs, () => {
      if (entry.streams === 0) session.close();
    });
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: readonly string[]): void {
    stream.on("error", () => stream.destroy());
    const { session } = stream;
    const entry = session === undefined ? undefined : this.#sessions.get(session);
    if (session === undefined || entry === undefined) return void stream.destroy();
    entry.streams++;
    stream.on("close", () => entry.streams--);
    if (this.#isParting) session.close();
    const hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    const made = makeHttp1Headers(headers, raw, hasBody);
    if (typeof made === "string") return this.#refuse(stream, made);
    this.#bridge(stream, entry.peer, made, hasBody);
  }

  #bridge(
    stream: ServerHttp2Stream,
    peer: Peer,
    { method, path, headers, awaitsContinue }: Exclude<ReturnType<typeof makeHttp1Headers>, string>,
    hasBody: boolean,
  ): void {
    const [near, far] = makeMemoryPair();
    let request: ClientRequest;
    try {
      request = ask({ createConnection: () => near, setHost: false, method, path, headers });
    } catch {
      near.destroy();
      return this.#refuse(stream, "bad-header");
    }
    setPeer(far, peer);
    this.#deps.takeHttp1(far);
    request.on("error", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    request.on("response", (response) => answer(stream, response, method));
    stream.on("close", () => request.destroy());
    if (!hasBody) request.end();
    else if (!awaitsContinue) stream.pipe(request);
    else {
      request.flushHeaders();
      request.on("continue", () => {
        stream.additionalHeaders({ ":status": 100 });
        stream.pipe(request);
      });
    }
  }

  #refuse(stream: ServerHttp2Stream, reason: RefusalReason): void {
    this.#deps.edge.refusals.count(reason);
    stream.respond({ ":status": reason === "connect" ? 405 : 400, "content-length": 0 }, { endStream: true });
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

function answer(stream: ServerHttp2Stream, response: IncomingMessage, method: string): void {
  if (stream.destroyed || stream.closed) return void response.destroy();
  const status = response.statusCode ?? 502;
  const isBare = method === "HEAD" || status === 204 || status === 304;
  const headers: OutgoingHttpHeaders = { ":status": status, ...makeHttp2Headers(response.rawHeaders) };
  try {
    stream.respond(headers, isBare ? { endStream: true } : { waitForTrailers: true });
  } catch {
    return void stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
  if (isBare) return void response.resume();
  stream.on("wantTrailers", () => stream.sendTrailers(makeHttp2Headers(response.rawTrailers)));
  response.on("close", () => {
    if (!response.complete) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  });
  response.on("error", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  response.pipe(stream);
}
