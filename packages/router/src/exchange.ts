import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { type Clock, hasCode, type Log } from "@berth/core";
import { type AccessLog, accessLine } from "./access-log.ts";
import type { Edge } from "./front/edge.ts";
import { requestHeaders, type Trace } from "./headers/request.ts";
import { latin1, responseHead } from "./headers/response.ts";
import { traceIdOf } from "./headers/trace.ts";
import type { Connection, Instance } from "./instance.ts";
import type { Outcome } from "./instance-health.ts";
import { bodyLimit } from "./limits.ts";
import type { Answer } from "./pages/answer.ts";
import { badGateway, badRequest, noAnswerInTime, turnsTooOften } from "./pages/answer.ts";
import { sendAnswer } from "./pages/send.ts";
import type { RefusalReason } from "./refusals.ts";
import { WakePage } from "./pages/wake-page.ts";
import { discardRest, hasBody, RequestBody } from "./request-body.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { makeServerTiming } from "./server-timing.ts";
import { joinSockets } from "./tunnel.ts";
import type { Workload } from "./workload.ts";

/** What a request needs of the router it came to. */
export interface ExchangeHome {
  clock: Clock;
  log: Log;
  edge: Edge;
  /** Null: nobody keeps one. */
  accessLog: AccessLog | null;
  /** Makes the trace of a request that has none. */
  makeTraceparent(): string;
  /** Sends it to where the table of now says. */
  admit(exchange: Exchange): void;
  /** It waits no longer: its client has gone. */
  forget(exchange: Exchange): void;
  /** A request at an instance of this workload, which takes only so many, is over. */
  freed(workload: Workload, instance: Instance): void;
  retries: RetryBudget;
}

export interface Arrival {
  req: IncomingMessage;
  res: ServerResponse;
  host: string;
  /** Path and query, as the instance gets them. */
  path: string;
  /** The neighbour's port it came in by, or null where it came by a host name. */
  port: number | null;
  requestId: string;
  /** The client waits for a 100 before it sends its body. */
  awaitsContinue: boolean;
  upgrade: { protocol: string; socket: Duplex; head: Buffer } | null;
}

const repeatable = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** A request that may not be repeated takes only a connection that was used just now: an instance closes idle ones whenever it likes. */
const freshIdleMs = 1_000;
/** So often what never was sent is tried, at one instance after the other. */
const maxAttempts = 3;
/** Up to this size copying an answer is cheaper than a second write. */
const maxJoinedBytes = 16_384;

/**
 * One request and its answer, from its arrival to its end. It is undici's handler itself: one object for each request, and no promise on its way.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly arrival: Arrival;
  /** Where it did not get through; chosen again only if there is no other. */
  failed: Instance | null = null;
  gone = false;
  readonly #home: ExchangeHome;
  #workload: Workload | null = null;
  #instance: Instance | null = null;
  #connection: Connection | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #body: RequestBody | null = null;
  #attempts = 0;
  #waitsSince: number | null = null;
  /** What an answer says of how long it waited; null where it did not. */
  #timing: string | null = null;
  #page: WakePage | null = null;
  /** The first byte of the answer has arrived. */
  #heard = false;
  #closes = false;
  #hasLength = false;
  #continued = false;
  #settled = false;
  readonly #arrivedAt: number;
  #sentAt: number | null = null;
  #trace: Trace | null = null;
  /** The instance that it went to last. */
  #served: Instance | null = null;
  /** Of its answer; 0 while there is none. */
  #status = 0;
  #bytes = 0;
  #reason: RefusalReason | null = null;
  #streaming = false;
  #waitsForDrain = false;
  #isWatched = false;
  /** The first piece of the answer: a short answer goes out in one write with its head. */
  #first: Buffer | null = null;

  constructor(arrival: Arrival, home: ExchangeHome) {
    this.arrival = arrival;
    this.#home = home;
    this.#arrivedAt = home.clock.now();
    arrival.res.on("close", () => this.#onClientClose());
  }

  /** Whether it is counted for this workload. */
  isIn(workload: Workload): boolean {
    return this.#workload === workload;
  }

  /** Counts it for this workload, and no longer for the one before. */
  enter(workload: Workload): void {
    if (this.#workload === workload) return;
    this.#leave();
    this.#workload = workload;
    const now = this.#home.clock.now();
    workload.enter(now);
    workload.requesters?.note(this.arrival.req, now);
  }

  /** It waits for an instance, or for room at one; called again whenever there is news of that. */
  waits(workload: Workload): void {
    const { waking, state } = workload.routed;
    if (state !== "running") this.#waitsSince ??= this.#home.clock.now();
    if (waking !== undefined) this.#page?.tell(waking);
  }

  /** Shows whoever looks at it that the app is being started. Only of a `isNavigation`. */
  showWaking(workload: Workload): void {
    const { app } = workload.routed;
    this.#status = 503;
    this.#page = new WakePage(this.arrival.res, `${app} is waking up`, this.arrival.requestId);
    this.waits(workload);
  }

  /** Keeps a page that waits from being taken for dead. */
  beat(): void {
    this.#page?.beat();
  }

  /** Sends it to an instance. */
  serve(workload: Workload, instance: Instance): void {
    this.enter(workload);
    if (this.#page !== null) return this.#turn(workload, this.#page);
    if (this.#waitsSince !== null)
      this.#timing = makeServerTiming(this.#home.clock.now() - this.#waitsSince, workload.routed.waking ?? null);
    const { req, path, host, requestId, upgrade } = this.arrival;
    const { edge, clock } = this.#home;
    const maxBytes = bodyLimit(edge.limits, workload.routed.app);
    if (maxBytes !== null && Number(req.headers["content-length"] ?? 0) > maxBytes)
      return this.refuseLast(badRequest("body-too-large"));
    const method = req.method ?? "GET";
    if (this.#attempts++ === 0) this.#home.retries.deposit();
    this.#controller = null;
    this.#instance = instance;
    this.#served = instance;
    this.#sentAt ??= clock.now();
    instance.inFlight++;
    if (hasBody(req)) {
      const beforeReading = () => this.#continue();
      const { deadlines, limits } = edge;
      this.#body = new RequestBody(req, { beforeReading, deadlines, stallMs: limits.bodyStallMs, maxBytes });
    }
    const maxIdleMs = this.#attempts > 1 || upgrade !== null ? -1 : repeatable.has(method) ? Infinity : freshIdleMs;
    this.#connection = instance.take(clock.now(), maxIdleMs);
    const headers = requestHeaders(req, host, requestId, this.#traceOf());
    this.#connection.client.dispatch(
      { path, method, headers, body: this.#body, upgrade: upgrade?.protocol ?? null },
      this,
    );
  }

  /** Answers it in the router's own name. */
  refuse(answer: Answer): void {
    const { req, res, requestId } = this.arrival;
    const hasPage = this.#page !== null;
    if (!this.gone && (hasPage || !res.headersSent))
      this.#tell(reasonOf(answer), hasPage ? this.#status : answer.status);
    this.#settle(false);
    if (this.#page !== null) return this.#page.fail(answer);
    if (this.gone || res.headersSent) return;
    // A client that has not begun to send its body need not.
    if (this.arrival.awaitsContinue && !this.#continued) res.shouldKeepAlive = false;
    sendAnswer(req, res, answer, requestId);
    this.#discardRest();
  }

  /** Refuses it for what it is: whatever follows on its connection is not taken for a request. */
  refuseLast(answer: Answer): void {
    const { req, res } = this.arrival;
    this.#home.edge.spoiled.add(req.socket);
    res.shouldKeepAlive = false;
    this.refuse(answer);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.gone) controller.abort(new Error("The client has gone."));
  }

  onResponseStarted(): void {
    this.#heard = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: object, message?: string): void {
    if (status < 200) return;
    this.#saw(status < 500 ? "answered" : "erred");
    if (this.gone) return;
    const { req, res, requestId } = this.arrival;
    const mayTrail = res.useChunkedEncodingByDefault && req.method !== "HEAD" && status !== 204 && status !== 304;
    const head = responseHead(rawBuffers(controller.rawHeaders), requestId, mayTrail);
    if (head.isAmbiguous) return controller.abort(new AmbiguousAnswer());
    this.#status = status;
    this.#closes = head.closes;
    this.#hasLength = head.hasLength;
    if (this.#timing !== null) head.headers.push("server-timing", this.#timing);
    if (message !== undefined && isReason(message)) res.writeHead(status, message, head.headers);
    else res.writeHead(status, head.headers);
    process.nextTick(flush, this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.gone) return;
    this.#bytes += chunk.length;
    if (!this.#streaming && this.#first === null) {
      this.#first = chunk;
      return;
    }
    this.flush();
    if (!this.arrival.res.write(chunk)) this.#waitForDrain(controller);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#settle(!this.#closes);
    if (this.gone) return;
    const { res } = this.arrival;
    const trailers = rawBuffers(controller.rawTrailers);
    if (trailers.length > 0) {
      this.flush();
      if (res.chunkedEncoding) res.addTrailers(pairs(trailers));
    }
    this.#streaming = true;
    const first = this.#first;
    if (first === null) res.end();
    else if (first.length > maxJoinedBytes) res.end(first);
    // Node joins a head with a string into one write, not with bytes. Latin-1 keeps every byte as it is.
    else res.end(first.toString("latin1"), "latin1");
    if ((res.socket?.writableLength ?? 0) > 0) this.#watch();
    this.#discardRest();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#settled) return;
    const workload = this.#workload;
    if (this.gone || workload === null) return this.#settle(false);
    const fault = this.#body?.fault ?? null;
    if (fault === null && !isInvalid(error)) this.#saw(this.#controller === null ? "unreached" : "erred");
    if (fault === null && this.#canRetry(error)) return this.#retry();
    const { req, res, path } = this.arrival;
    if (res.headersSent) {
      this.#tell(fault ?? "bad-gateway", this.#status);
      this.#settle(false);
      return this.#cutOff();
    }
    if (fault !== null) return this.refuseLast(badRequest(fault));
    if (isInvalid(error)) return this.refuseLast(badRequest("bad-header"));
    const fields = {
      app: workload.routed.app,
      service: workload.routed.service,
      instance: this.#instance?.id,
      method: req.method,
      path,
      err: error,
    };
    this.#home.log.warn(fields, "an instance did not answer a request");
    this.refuse(answerTo(error, workload, this.#controller !== null));
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    headers: { upgrade?: string },
    instance: Duplex,
  ): void {
    const { res, upgrade, requestId } = this.arrival;
    instance.on("error", () => instance.destroy());
    if (this.gone || upgrade === null) {
      instance.destroy();
      return this.#settle(false);
    }
    this.#saw("answered");
    const head = responseHead(rawBuffers(controller.rawHeaders), requestId, false);
    this.#status = 101;
    if (this.#timing !== null) head.headers.push("server-timing", this.#timing);
    const { socket } = upgrade;
    if (socket instanceof Socket) res.detachSocket(socket);
    let text = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${headers.upgrade ?? upgrade.protocol}\r\n`;
    for (let at = 0; at < head.headers.length; at += 2) text += `${head.headers[at]}: ${head.headers[at + 1]}\r\n`;
    socket.write(Buffer.from(`${text}\r\n`, "latin1"));
    joinSockets(socket, instance, upgrade.head, () => this.#settle(false));
  }

  /** From now on what arrives is passed on piece by piece. */
  flush(): void {
    if (this.#streaming || this.gone || this.arrival.res.destroyed) return;
    this.#streaming = true;
    const first = this.#first;
    this.#first = null;
    if (first === null) this.arrival.res.flushHeaders();
    else if (!this.arrival.res.write(first) && this.#controller !== null) this.#waitForDrain(this.#controller);
  }

  /** The app is there: whoever looks at a page asks again. */
  #turn(workload: Workload, page: WakePage): void {
    this.waits(workload);
    this.#settle(false);
    if (this.gone) return;
    if (workload.wakeGuard.allows(this.#home.clock.now())) page.turn();
    else page.fail(turnsTooOften(workload));
  }

  /** Tells a client that asked first to send its body. */
  #continue(): void {
    if (!this.arrival.awaitsContinue || this.#continued) return;
    this.#continued = true;
    this.arrival.res.writeContinue();
  }

  #waitForDrain(controller: Dispatcher.DispatchController): void {
    controller.pause();
    this.#watch();
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.arrival.res.on("drain", () => {
      this.#home.edge.deadlines.clear(this);
      controller.resume();
    });
  }

  /** What its client has not taken by then it will not take. */
  #watch(): void {
    const { deadlines, limits } = this.#home.edge;
    this.#isWatched = true;
    deadlines.set(this, limits.answerStallMs, this.#onStall);
  }

  readonly #onStall = () => {
    const { res } = this.arrival;
    this.#tell("answer-too-slow", this.#status);
    // What is still buffered would keep the connection.
    const connection: Duplex | null = res.socket;
    if (connection instanceof Socket) connection.resetAndDestroy();
    else connection?.destroy();
  };

  #onClientClose(): void {
    if (this.#isWatched) this.#home.edge.deadlines.clear(this);
    if (this.#settled) return;
    this.gone = true;
    if (this.#instance === null) {
      this.#home.forget(this);
      this.#settle(false);
    } else this.#controller?.abort(new Error("The client has gone."));
  }

  /**
   * Only what never was sent, or may be repeated (RFC 9110, 9.2.2) and was not answered with a single byte: that once, for it may be the
   * request that an instance dies of. Where retries have become too large a share of all requests, none.
   */
  #canRetry(error: Error): boolean {
    if (this.#body?.taken === true || this.#connection === null || this.#attempts >= maxAttempts) return false;
    if (this.#controller !== null) {
      const { method = "GET" } = this.arrival.req;
      const isLate = "code" in error && error.code === "UND_ERR_HEADERS_TIMEOUT";
      if (this.#attempts > 1 || this.#heard || isLate || !repeatable.has(method)) return false;
    }
    return this.#home.retries.withdraw(this.#home.clock.now());
  }

  /** An instance that fails again and again is left out for a while. */
  #saw(outcome: Outcome): void {
    const workload = this.#workload;
    const instance = this.#instance;
    if (workload === null || instance === null || (outcome === "answered" && instance.health.isGood)) return;
    const restMs = workload.saw(instance, outcome, this.#home.clock.now());
    if (restMs === null) return;
    const { app, environment, service } = workload.routed;
    const why = outcome === "unreached" ? "it accepts no connections" : "it answers with errors, and others do not";
    const fields = { app, environment, service, instance: instance.id, restMs };
    this.#home.log.warn(fields, `an instance gets no requests for a while: ${why}`);
  }

  #retry(): void {
    this.failed = this.#instance;
    this.#body?.destroy();
    this.#releaseInstance(false);
    this.#home.admit(this);
  }

  /** The answer broke off. The client must not take what it has for the whole. */
  #cutOff(): void {
    const { res } = this.arrival;
    // An answer that ends with its connection looks whole if that is closed in order.
    const bare = !res.chunkedEncoding && !this.#hasLength;
    if (bare && res.socket instanceof Socket && !res.socket.destroyed) res.socket.resetAndDestroy();
    else res.destroy();
  }

  /** An answer may come before all of the request has. */
  #discardRest(): void {
    const { req, res } = this.arrival;
    if (req.complete) return;
    this.#body?.destroy();
    discardRest(req, res, this.#home.edge.deadlines);
  }

  #releaseInstance(reuse: boolean): void {
    const instance = this.#instance;
    const connection = this.#connection;
    if (instance === null || connection === null) return;
    this.#instance = null;
    this.#connection = null;
    instance.inFlight--;
    if (reuse) instance.give(connection, this.#home.clock.now());
    else instance.drop(connection);
    const workload = this.#workload;
    if (workload === null) return;
    if (instance.inFlight === 0) workload.release(instance);
    if (workload.isLimited) this.#home.freed(workload, instance);
  }

  #settle(reuse: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    const workload = this.#workload;
    this.#releaseInstance(reuse);
    this.#leave();
    this.#record(workload);
  }

  #record(workload: Workload | null): void {
    const { clock, accessLog } = this.#home;
    const endedAt = clock.now();
    workload?.stats.record(this.#status, endedAt - this.#arrivedAt);
    if (accessLog === null) return;
    const line = accessLine(this.arrival, {
      workload,
      instance: this.#served,
      status: this.#status,
      bytes: this.#bytes,
      arrivedAt: this.#arrivedAt,
      sentAt: this.#sentAt,
      endedAt,
      reason: this.#reason,
      traceparent: this.#traceOf().traceparent,
    });
    accessLog(line);
  }

  /** Counts why it is not passed on, or not to its end. */
  #tell(reason: RefusalReason, status: number): void {
    this.#reason = reason;
    this.#status = status;
    this.#home.edge.refusals.count(reason);
  }

  #traceOf(): Trace {
    if (this.#trace !== null) return this.#trace;
    const given = this.arrival.req.headers["traceparent"];
    const isGiven = typeof given === "string" && traceIdOf(given) !== null;
    this.#trace = { traceparent: isGiven ? given : this.#home.makeTraceparent(), isGiven };
    return this.#trace;
  }

  #leave(): void {
    const workload = this.#workload;
    if (workload === null) return;
    this.#workload = null;
    workload.leave(this.#home.clock.now());
  }
}

class AmbiguousAnswer extends Error {
  override readonly name = "AmbiguousAnswer";
}

function reasonOf({ code }: Answer): RefusalReason {
  return code.slice("router.".length) as RefusalReason;
}

function flush(exchange: Exchange): void {
  exchange.flush();
}

function rawBuffers(raw: unknown): readonly Buffer[] {
  return Array.isArray(raw) ? raw : [];
}

/** Whether node:http takes it as the words beside a status. It throws at others, which undici hands on as they came. */
function isReason(message: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]+$/.test(message);
}

/** As node:http writes them: in Latin-1, which keeps every byte as it is. */
function pairs(raw: readonly Buffer[]): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) list.push([latin1(raw[at]), latin1(raw[at + 1])]);
  return list;
}

/** Whether undici does not pass a request on as it is. */
function isInvalid(error: Error): boolean {
  return hasCode(error, "UND_ERR_INVALID_ARG") || hasCode(error, "UND_ERR_NOT_SUPPORTED");
}

function answerTo(error: Error, workload: Workload, sent: boolean): Answer {
  const code = "code" in error ? error.code : "";
  if (code === "UND_ERR_HEADERS_TIMEOUT") return noAnswerInTime(workload);
  if (code === "UND_ERR_HEADERS_OVERFLOW")
    return badGateway(workload, "The headers of its answer are larger than 64 KiB.");
  if (error instanceof AmbiguousAnswer) return badGateway(workload, "Where its answer ends cannot be told for sure.");
  if (error.name === "HTTPParserError") return badGateway(workload, "What it answered is not valid HTTP.");
  return badGateway(workload, sent ? "It closed the connection without an answer." : "It accepts no connections.");
}
