import { Socket } from "node:net";
import { answerTo } from "./answer-faults.ts";
import type { Arrival } from "./arrival.ts";
import type { Edge } from "./front/edge.ts";
import { forgetOrigin } from "./headers/origin.ts";
import { requestHeaderLines } from "./headers/request.ts";
import { hideFromRobots } from "./headers/robots.ts";
import { responseHeaders, switchingHead } from "./headers/response.ts";
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
import type { AnswerHead } from "./upstream/answer-head.ts";
import type { AnswerTaker, Connection } from "./upstream/connection.ts";
import type { Sender } from "./upstream/connections.ts";
import { UpstreamFault } from "./upstream/fault.ts";
import { makeRequestHead } from "./upstream/request-head.ts";
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
 * One request and its answer, from its arrival to its end. It takes its instance's answer itself: one object for each request, and no promise on its way.
 */
export class Exchange implements AnswerTaker, Sender, WayBackOwner {
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
    const method = req.method ?? "GET";
    const { body } = this.#sending;
    const trace = this.#record.traceOf(this.arrival, this.#home.makeTraceparent);
    const lines = requestHeaderLines(req, host, requestId, trace);
    const length = body === null ? null : (req.headers["content-length"] ?? "chunked");
    const protocol = upgrade?.protocol ?? null;
    const head = lines && makeRequestHead({ method, path, host, protocol, lines, body: length });
    this.#sending.connection = connection;
    if (head === null) this.onFault(new UpstreamFault("not-passed-on"));
    else connection.send({ method, head, body }, this);
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

  onSent(): void {
    this.#sending.wasSent = true;
  }

  onHeard(): void {
    this.#sending.wasHeard = true;
  }

  onHead(head: AnswerHead): void {
    const { status } = head;
    const workload = this.#workload;
    const { connection } = this.#sending;
    if (workload === null || connection === null) return;
    this.#sending.saw(status < 500 ? "answered" : "erred", workload);
    const { req, res, requestId } = this.arrival;
    const mayTrail = res.useChunkedEncodingByDefault && req.method !== "HEAD" && status !== 204 && status !== 304;
    const headers = responseHeaders(head, requestId, mayTrail);
    this.#record.status = status;
    if (this.isHidden) hideFromRobots(headers);
    if (this.#timing !== null) headers.push("server-timing", this.#timing);
    this.#wayBack = new WayBack({ res, edge: this.#home.edge, connection, head, headers, owner: this });
  }

  onBody(piece: Buffer): void {
    this.#record.bytes += piece.length;
    this.#wayBack?.take(piece);
  }

  onRead(): void {
    this.#wayBack?.flush();
  }

  onEnd(trailers: readonly string[]): void {
    this.#wayBack?.end(trailers);
    this.#settle(true);
    this.#discardRest();
  }

  onFault(fault: UpstreamFault): void {
    const workload = this.#workload;
    if (this.#settled || workload === null) return;
    const { kind } = fault;
    const { body, instance, wasSent } = this.#sending;
    const own = body?.fault ?? (kind === "not-passed-on" ? "bad-header" : null);
    if (own === null) {
      this.#sending.saw(wasSent ? "erred" : "unreached", workload);
      if (this.#sending.canRetry(fault)) {
        this.#sending.fail(this, workload);
        return this.#home.admit(this);
      }
    }
    const { req, path } = this.arrival;
    if (this.#wayBack?.hasBegun === true) {
      this.#tell(own ?? "bad-gateway", this.#record.status);
      this.#settle(false);
      return this.#wayBack.cutOff();
    }
    if (own !== null || kind === "not-passed-on") return this.refuseLast(badRequest(own ?? "bad-header"));
    const { app, service } = workload.routed;
    const fields = { app, service, instance: instance?.id, method: req.method, path, err: fault };
    this.#home.log.warn(fields, "an instance did not answer a request");
    this.refuse(answerTo(kind, workload));
  }

  onSwitch(head: AnswerHead, far: Socket): void {
    endWithErrors(far);
    const { req, res, upgrade, requestId } = this.arrival;
    const workload = this.#workload;
    if (upgrade === null || workload === null) {
      far.destroy();
      return this.#settle(false);
    }
    this.#sending.saw("answered", workload);
    const headers = responseHeaders(head, requestId, false);
    if (this.isHidden) hideFromRobots(headers);
    this.#record.status = 101;
    if (this.#timing !== null) headers.push("server-timing", this.#timing);
    const { socket } = upgrade;
    const end = this.#handOver(workload);
    forgetOrigin(req.socket);
    if (socket instanceof Socket) res.detachSocket(socket);
    socket.write(switchingHead(head.upgrade ?? upgrade.protocol, headers));
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
    if (this.#sending.instance === null) this.#home.forget(this);
    this.#settle(false);
  }

  /** An answer may come before all of the request has. */
  #discardRest(): void {
    const { req, res } = this.arrival;
    if (req.complete) return;
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
