import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { Clock, Log } from "@berth/core";
import type { AccessLog } from "./access-log.ts";
import { AmbiguousAnswer, answerTo, isInvalid } from "./answer-faults.ts";
import type { Edge } from "./front/edge.ts";
import { requestHeaders } from "./headers/request.ts";
import { hideFromRobots } from "./headers/robots.ts";
import { isReasonPhrase, rawBuffers, responseHead, switchingHead, trailerPairs } from "./headers/response.ts";
import type { Connection, Instance } from "./instance.ts";
import type { Outcome } from "./instance-health.ts";
import { bodyLimit } from "./limits.ts";
import type { Answer } from "./pages/answer.ts";
import { badRequest, turnsTooOften } from "./pages/answer.ts";
import { sendAnswer } from "./pages/send.ts";
import type { RefusalReason } from "./refusals.ts";
import { WakePage } from "./pages/wake-page.ts";
import { discardRest, hasBody, RequestBody } from "./request-body.ts";
import { RequestRecord } from "./request-record.ts";
import { isRepeatable, maySendAgain } from "./retry.ts";
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

/** A request that may not be repeated takes only a connection that was used just now: an instance closes idle ones whenever it likes. */
const freshIdleMs = 1_000;
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
  /** It came to an address that is not meant for everyone. */
  isHidden = false;
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
  readonly #record: RequestRecord;
  #streaming = false;
  #waitsForDrain = false;
  #isWatched = false;
  /** The first piece of the answer: a short answer goes out in one write with its head. */
  #first: Buffer | null = null;

  constructor(arrival: Arrival, home: ExchangeHome) {
    this.arrival = arrival;
    this.#home = home;
    this.#record = new RequestRecord(home.clock.now());
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
    this.#record.status = 503;
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
    this.#record.sends(instance, clock.now());
    instance.inFlight++;
    if (hasBody(req)) {
      const beforeReading = () => this.#continue();
      const { deadlines, limits } = edge;
      this.#body = new RequestBody(req, { beforeReading, deadlines, stallMs: limits.bodyStallMs, maxBytes });
    }
    const maxIdleMs = this.#attempts > 1 || upgrade !== null ? -1 : isRepeatable(method) ? Infinity : freshIdleMs;
    this.#connection = instance.take(clock.now(), maxIdleMs);
    const trace = this.#record.traceOf(this.arrival, this.#home.makeTraceparent);
    const headers = requestHeaders(req, host, requestId, trace);
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
      this.#tell(reasonOf(answer), hasPage ? this.#record.status : answer.status);
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
    this.#record.status = status;
    if (this.isHidden) hideFromRobots(head.headers);
    this.#closes = head.closes;
    this.#hasLength = head.hasLength;
    if (this.#timing !== null) head.headers.push("server-timing", this.#timing);
    if (message !== undefined && isReasonPhrase(message)) res.writeHead(status, message, head.headers);
    else res.writeHead(status, head.headers);
    process.nextTick(flush, this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.gone) return;
    this.#record.bytes += chunk.length;
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
      if (res.chunkedEncoding) res.addTrailers(trailerPairs(trailers));
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
      this.#tell(fault ?? "bad-gateway", this.#record.status);
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
    if (this.isHidden) hideFromRobots(head.headers);
    this.#record.status = 101;
    if (this.#timing !== null) head.headers.push("server-timing", this.#timing);
    const { socket } = upgrade;
    if (socket instanceof Socket) res.detachSocket(socket);
    socket.write(switchingHead(headers.upgrade ?? upgrade.protocol, head.headers));
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
    this.#tell("answer-too-slow", this.#record.status);
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

  /** Where retries have become too large a share of all requests, none is made. */
  #canRetry(error: Error): boolean {
    if (this.#connection === null) return false;
    const failed = {
      attempts: this.#attempts,
      method: this.arrival.req.method ?? "GET",
      wasSent: this.#controller !== null,
      wasHeard: this.#heard,
      hasBodyTaken: this.#body?.taken === true,
      error,
    };
    return maySendAgain(failed) && this.#home.retries.withdraw(this.#home.clock.now());
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
    const { accessLog, makeTraceparent, clock } = this.#home;
    this.#record.end(this.arrival, workload, { accessLog, makeTraceparent, now: clock.now() });
  }

  /** Counts why it is not passed on, or not to its end. */
  #tell(reason: RefusalReason, status: number): void {
    this.#record.reason = reason;
    this.#record.status = status;
    this.#home.edge.refusals.count(reason);
  }

  #leave(): void {
    const workload = this.#workload;
    if (workload === null) return;
    this.#workload = null;
    workload.leave(this.#home.clock.now());
  }
}

function reasonOf({ code }: Answer): RefusalReason {
  return code.slice("router.".length) as RefusalReason;
}

function flush(exchange: Exchange): void {
  exchange.flush();
}
