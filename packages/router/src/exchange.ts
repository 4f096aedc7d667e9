import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { AmbiguousAnswer, answerTo, isInvalid } from "./answer-faults.ts";
import type { Arrival } from "./arrival.ts";
import type { Connection, Sender } from "./connections.ts";
import type { Edge } from "./front/edge.ts";
import { forgetOrigin } from "./headers/origin.ts";
import { requestHeaders } from "./headers/request.ts";
import { hideFromRobots } from "./headers/robots.ts";
import { rawBuffers, responseHead, switchingHead } from "./headers/response.ts";
import type { Instance } from "./instance.ts";
import { bodyLimit } from "./limits.ts";
import type { Answer } from "./pages/answer.ts";
import { badRequest, turnsTooOften } from "./pages/answer.ts";
import { sendAnswer } from "./pages/send.ts";
import type { WakePage } from "./pages/wake-page.ts";
import type { RefusalReason } from "./refusals.ts";
import { discardRest, hasBody, RequestBody } from "./request-body.ts";
import { type RecordHome, RequestRecord } from "./request-record.ts";
import { Sending, type SendingHome } from "./sending.ts";
import { endWithErrors, joinSockets } from "./tunnel.ts";
import { Wait } from "./wait.ts";
import { WayBack, type WayBackOwner } from "./way-back.ts";
import type { Workload } from "./workload.ts";

/** What a request needs of the router it came to. */
export interface ExchangeHome extends RecordHome, SendingHome {
  edge: Edge;
  /** Sends it to where the table of now says. */
  admit(exchange: Exchange): void;
  /** It waits no longer: its client has gone. */
  forget(exchange: Exchange): void;
}

/**
 * One request and its answer, from its arrival to its end. It is undici's handler itself: one object for each request, and no promise on its way.
 */
export class Exchange implements Dispatcher.DispatchHandler, Sender, WayBackOwner {
  readonly arrival: Arrival;
  gone = false;
  /** It came to an address that is not meant for everyone. */
  isHidden = false;
  readonly #home: ExchangeHome;
  readonly #record: RequestRecord;
  readonly #sending: Sending;
  #workload: Workload | null = null;
  #wait: Wait | null = null;
  /** What its answer says of how long it waited; null where it did not. */
  #timing: string | null = null;
  /** Null as long as an instance has not begun to answer. */
  #wayBack: WayBack | null = null;
  /** The instance will close its connection after the answer. */
  #closes = false;
  #continued = false;
  #settled = false;

  constructor(arrival: Arrival, home: ExchangeHome) {
    this.arrival = arrival;
    this.#home = home;
    this.#record = new RequestRecord(home.clock.now());
    this.#sending = new Sending(arrival.req.method ?? "GET", home);
    arrival.res.on("close", () => this.#onClientClose());
  }

  /** Where it did not get through; null: nowhere. */
  get failed(): Instance | null {
    return this.#sending.failed;
  }

  /** Whether it is counted for this workload. */
  isIn(workload: Workload): boolean {
    return this.#workload === workload;
  }

  /** Counts it for this workload, and no longer for the one before. */
  enter(workload: Workload): void {
    if (this.#workload === workload) return;
    const now = this.#home.clock.now();
    this.#workload?.leave(now);
    this.#workload = workload;
    workload.enter(now);
    workload.requesters?.note(this.arrival, now);
  }

  /** It waits for an instance, or for room at one; called again whenever there is news of that. */
  waits(workload: Workload): void {
    this.#wait ??= new Wait();
    this.#wait.goesOn(workload, this.#home.clock.now());
  }

  /** Shows whoever looks at it that the app is being started. Only of a `isNavigation`. */
  showWaking(workload: Workload): void {
    this.#record.status = 503;
    this.#wait ??= new Wait();
    this.#wait.show(this.arrival, workload, this.#home.clock.now());
  }

  /** Keeps a page that waits from being taken for dead. */
  beat(): void {
    this.#wait?.page?.beat();
  }

  /** Sends it to an instance. */
  serve(workload: Workload, instance: Instance): void {
    this.enter(workload);
    const page = this.#wait?.page ?? null;
    if (page !== null) return this.#turn(workload, page);
    const { req, upgrade } = this.arrival;
    const { edge, clock } = this.#home;
    const maxBytes = bodyLimit(edge.limits, workload.routed.app);
    if (maxBytes !== null && Number(req.headers["content-length"] ?? 0) > maxBytes)
      return this.refuseLast(badRequest("body-too-large"));
    const now = clock.now();
    this.#timing = this.#wait?.timing(workload, now) ?? null;
    this.#record.sends(instance, now);
    if (hasBody(req)) {
      const beforeReading = () => this.#continue();
      const { deadlines, limits } = edge;
      this.#sending.body = new RequestBody(req, { beforeReading, deadlines, stallMs: limits.bodyStallMs, maxBytes });
    }
    this.#sending.begin(instance, this, upgrade !== null);
  }

  send(connection: Connection): void {
    const { req, path, host, requestId, upgrade } = this.arrival;
    const trace = this.#record.traceOf(this.arrival, this.#home.makeTraceparent);
    const headers = requestHeaders(req, host, requestId, trace);
    const { body } = this.#sending;
    this.#sending.connection = connection;
    connection.client.dispatch(
      { path, method: req.method ?? "GET", headers, body, upgrade: upgrade?.protocol ?? null },
      this,
    );
  }

  /** Answers it in the router's own name. */
  refuse(answer: Answer): void {
    const { req, res, requestId } = this.arrival;
    const page = this.#wait?.page ?? null;
    if (!this.gone && (page !== null || !res.headersSent))
      this.#tell(reasonOf(answer), page !== null ? this.#record.status : answer.status);
    this.#settle(false);
    if (page !== null) return page.fail(answer);
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
    this.#sending.controller = controller;
    if (this.gone) controller.abort(new Error("The client has gone."));
  }

  onResponseStarted(): void {
    this.#sending.wasHeard = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: object, message?: string): void {
    if (status < 200) return;
    if (this.#workload !== null) this.#sending.saw(status < 500 ? "answered" : "erred", this.#workload);
    if (this.gone) return;
    const { req, res, requestId } = this.arrival;
    const mayTrail = res.useChunkedEncodingByDefault && req.method !== "HEAD" && status !== 204 && status !== 304;
    const head = responseHead(rawBuffers(controller.rawHeaders), requestId, mayTrail);
    if (head.isAmbiguous) return controller.abort(new AmbiguousAnswer());
    this.#record.status = status;
    if (this.isHidden) hideFromRobots(head.headers);
    this.#closes = head.closes;
    if (this.#timing !== null) head.headers.push("server-timing", this.#timing);
    const wayBack = new WayBack(res, this.#home.edge, head, controller, this);
    wayBack.begin(status, message, head.headers);
    this.#wayBack = wayBack;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.gone) return;
    this.#record.bytes += chunk.length;
    this.#wayBack?.take(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#settle(!this.#closes);
    if (this.gone) return;
    this.#wayBack?.end(rawBuffers(controller.rawTrailers));
    this.#discardRest();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#settled) return;
    const workload = this.#workload;
    if (this.gone || workload === null) return this.#settle(false);
    const { controller, body, instance } = this.#sending;
    const fault = body?.fault ?? null;
    if (fault === null && !isInvalid(error)) this.#sending.saw(controller === null ? "unreached" : "erred", workload);
    if (fault === null && this.#sending.canRetry(error)) {
      this.#sending.fail(this, workload);
      return this.#home.admit(this);
    }
    const { req, path } = this.arrival;
    if (this.#wayBack !== null) {
      this.#tell(fault ?? "bad-gateway", this.#record.status);
      this.#settle(false);
      return this.#wayBack.cutOff();
    }
    if (fault !== null) return this.refuseLast(badRequest(fault));
    if (isInvalid(error)) return this.refuseLast(badRequest("bad-header"));
    const { app, service } = workload.routed;
    const fields = { app, service, instance: instance?.id, method: req.method, path, err: error };
    this.#home.log.warn(fields, "an instance did not answer a request");
    this.refuse(answerTo(error, workload, controller !== null));
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    headers: { upgrade?: string },
    far: Duplex,
  ): void {
    endWithErrors(far);
    const { req, res, upgrade, requestId } = this.arrival;
    const workload = this.#workload;
    if (this.gone || upgrade === null || workload === null) {
      far.destroy();
      return this.#settle(false);
    }
    this.#sending.saw("answered", workload);
    const head = responseHead(rawBuffers(controller.rawHeaders), requestId, false);
    if (this.isHidden) hideFromRobots(head.headers);
    this.#record.status = 101;
    if (this.#timing !== null) head.headers.push("server-timing", this.#timing);
    const { socket } = upgrade;
    const end = this.#handOver(workload);
    forgetOrigin(req.socket);
    if (socket instanceof Socket) res.detachSocket(socket);
    socket.write(switchingHead(headers.upgrade ?? upgrade.protocol, head.headers));
    joinSockets(socket, far, upgrade.head, end);
  }

  stalls(): void {
    this.#tell("answer-too-slow", this.#record.status);
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

  #onClientClose(): void {
    this.#wayBack?.close();
    if (this.#settled) return;
    this.gone = true;
    const { instance, connection, controller } = this.#sending;
    if (connection !== null) return controller?.abort(new Error("The client has gone."));
    if (instance === null) this.#home.forget(this);
    this.#settle(false);
  }

  /** An answer may come before all of the request has. */
  #discardRest(): void {
    const { req, res } = this.arrival;
    if (req.complete) return;
    this.#sending.body?.destroy();
    discardRest(req, res, this.#home.edge.deadlines);
  }

  #settle(reuse: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    const workload = this.#workload;
    const now = this.#home.clock.now();
    this.#sending.end(this, workload, reuse);
    this.#workload = null;
    workload?.leave(now);
    this.#record.end(this.#record.describe(this.arrival, this.#home), workload, this.#home, now);
  }

  /**
   * It has become a tunnel, and ends here: returns what is left to do at the end of that, which keeps nothing else of it. There may be tens of
   * thousands of them, for hours.
   */
  #handOver(workload: Workload): () => void {
    const record = this.#record;
    const home = this.#home;
    const request = record.describe(this.arrival, home);
    const leave = this.#sending.handOver(workload);
    this.#workload = null;
    this.#settled = true;
    return () => {
      const now = home.clock.now();
      leave();
      workload.leave(now);
      record.end(request, workload, home, now);
    };
  }

  /** Counts why it is not passed on, or not to its end. */
  #tell(reason: RefusalReason, status: number): void {
    this.#record.reason = reason;
    this.#record.status = status;
    this.#home.edge.refusals.count(reason);
  }
}

function reasonOf({ code }: Answer): RefusalReason {
  return code.slice("router.".length) as RefusalReason;
}
