import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  differingKeys,
  type NeighbourGateway,
  parseHost,
  production,
  type Requester,
  type RouterPort,
  type RoutingTable,
  type SlotPort,
  type WorkloadLoad,
} from "@berth/core";
import type { RouterDeps } from "./deps.ts";
import type { Arrival } from "./arrival.ts";
import { enter, isHidden } from "./entrance.ts";
import { Exchange, type ExchangeHome } from "./exchange.ts";
import { makeEdge } from "./front/edge.ts";
import { makeTraceParents } from "./headers/trace.ts";
import type { Limits } from "./limits.ts";
import { routerMetrics } from "./metrics/router-metrics.ts";
import type { Metric } from "./metrics/text.ts";
import { loopbackDoor, makeNeighbourDoors, type SharedDoor } from "./neighbour-doors.ts";
import { NeighbourListeners } from "./neighbours.ts";
import {
  absent,
  type Answer,
  badRequest,
  closing,
  failed,
  noNeighbour,
  noRoute,
  tooManyInFlight,
  unknownHost,
  unread,
} from "./pages/answer.ts";
import { makeRandomIndex } from "./random-index.ts";
import type { RefusalReason } from "./refusals.ts";
import { hasBody } from "./request-body.ts";
import { makeRequestIds } from "./request-id.ts";
import { RetryBudget } from "./retry-budget.ts";
import { findRoute, hostName, isHost, pathOf } from "./route.ts";
import { Slots } from "./slots.ts";
import { protocolOf, responseOn } from "./upgrade.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { Workload, type WorkloadOptions } from "./workload.ts";

export interface Router extends RouterPort, SlotPort {
  apply(table: RoutingTable): void;
  /** Nobody has divided slots for a while (or does again): where this router has none of an instance, it uses one. */
  standAlone(isAlone: boolean): void;
  /** Takes a request of node:http's `request` event. Never throws. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** Takes one of its `checkContinue` event: the client is told to go on once an instance takes its body. */
  handleContinue(req: IncomingMessage, res: ServerResponse): void;
  /** Takes one of its `upgrade` event. The server should be an `HttpServer`. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Listens on the ports of the table's neighbours, at the loopback address unless told otherwise, and follows the tables from then on. Resolves when the ports of now are open. */
  listenNeighbours(shared?: readonly SharedDoor[]): Promise<void>;
  /** Where environments have addresses of their own for that, from now on: neighbours are reached there, too. Resolves when the ports of now are open. */
  openGateways(gateways: readonly NeighbourGateway[]): Promise<void>;
  /** From now on each answer to a neighbour ends its connection: who asks again may be led to another router. */
  partFromNeighbours(): void;
  /** Takes no new connections of neighbours. Resolves when what was under way there has ended. */
  drainNeighbours(): Promise<void>;
  /** What its requests came to, by workload, and what was refused. */
  metrics(): Metric[];
  /** Answers who waits with 503, closes the neighbours' ports and the connections to instances. */
  close(): void;
}

const emptyTable: RoutingTable = {
  version: 0,
  hosts: new Map(),
  neighbours: new Map(),
  workloads: new Map(),
  unread: [],
};

/** Makes a router that knows of nothing until its first table. */
export function makeRouter(deps: RouterDeps): Router {
  const { wakeDeadlineMs = 30_000, maxWaiting = 1_000, answerDeadlineMs = 300_000 } = deps;
  const edge = deps.edge ?? makeEdge(deps.clock);
  const { limits, shares, deadlines } = edge;
  const workloads = new Map<string, Workload>();
  /** Of them those that the table no longer has. */
  const leaving = new Set<string>();
  const wake = (id: string, by: string) => {
    const workload = workloads.get(id);
    if (workload !== undefined) workload.stats.wakes++;
    return deps.wake(id, by);
  };
  const room = new WaitingRoom({ ...deps, shares, wake, wakeDeadlineMs, maxWaiting });
  const requestIdOf = makeRequestIds(deps.random);
  const randomIndex = makeRandomIndex(deps.random);
  const sharesSlots = deps.onSlots !== undefined;
  const slots = new Slots({ clock: deps.clock, workloads, waiting: (id) => room.count(id), onReport: deps.onSlots });
  const home: ExchangeHome = {
    clock: deps.clock,
    log: deps.log,
    edge,
    accessLog: deps.accessLog ?? null,
    makeTraceparent: makeTraceParents(deps.random),
    retries: new RetryBudget(deps.clock.now()),
    admit,
    forget(exchange) {
      room.leave(exchange);
    },
    freed(workload, instance) {
      if (instance.inFlight === 0) workload.release(instance);
      if (!workload.isLimited) return;
      serveWaiting(workload);
      // What is not used anew may be another router's turn.
      slots.changed(workload, instance.inFlight >= instance.quota);
    },
  };
  const options: WorkloadOptions = { answerDeadlineMs, deadlines, sharesSlots, stirs, hasLeft };
  const listeners = new NeighbourListeners({
    edge,
    clock: deps.clock,
    log: deps.log,
    handle: receive,
    upgrade: receiveUpgrade,
  });
  let table = emptyTable;
  let followsNeighbours = false;
  let shared: readonly SharedDoor[] = [loopbackDoor];
  let gateways: readonly NeighbourGateway[] = [];
  const watchers = new Set<(workload: string) => void>();
  let closed = false;

  function admit(exchange: Exchange): void {
    if (closed) return exchange.refuse(closing);
    const found = locate(exchange);
    if (!(found instanceof Workload)) return exchange.refuse(found);
    if (limits.inFlight > 0 && !exchange.isIn(found))
      if (!shares.admits("in-flight", found.id, limits.inFlight, found.inFlight))
        return exchange.refuse(tooManyInFlight(found));
    const instance = found.choose(randomIndex, exchange.failed, deps.clock.now());
    if (instance !== null) return exchange.serve(found, instance);
    if (found.routed.state === "failed" && !found.hasInstances) return exchange.refuse(failed(found));
    const isFirst = room.count(found.id) === 0;
    room.hold(exchange, found);
    slots.changed(found, isFirst);
  }

  /** As long as some wait and there is room. */
  function serveWaiting(workload: Workload): void {
    for (let waiting = room.count(workload.id); waiting > 0;) {
      room.next(workload.id, admit);
      const left = room.count(workload.id);
      if (left >= waiting) return;
      waiting = left;
    }
  }

  function locate(exchange: Exchange): Workload | Answer {
    const { port } = exchange.arrival;
    return port === null ? locateByHost(exchange) : locateNeighbour(port);
  }

  function locateByHost(exchange: Exchange): Workload | Answer {
    const name = hostName(exchange.arrival.host);
    const host = table.hosts.get(name);
    if (host === undefined) return lacking(name);
    // Once: what waits for an instance comes here again.
    if (!exchange.isHidden && isHidden(host)) {
      exchange.isHidden = true;
      const refusal = enter(exchange.arrival, host, deps.clock.now());
      if (refusal !== null) return refusal;
    }
    const { path } = exchange.arrival;
    const route = findRoute(host, path);
    if (route !== null) return workloads.get(route.workload) ?? noNeighbour({ ...host, service: route.service });
    if (host.absence !== null) return absent(host, host.version, host.absence);
    return noRoute(host, path.split("?", 1)[0] ?? path);
  }

  function lacking(name: string): Answer {
    const target = parseHost(name, deps.domain);
    if (target === null || target.kind === "berth") return unknownHost(name, target);
    const { app } = target;
    const environment = target.kind === "release" ? production : target.environment;
    const isUnread = table.unread.some((scope) => scope.app === app && scope.environment === environment);
    return isUnread ? unread({ app, environment }) : unknownHost(name, target);
  }

  function locateNeighbour(port: number): Workload | Answer {
    const neighbour = table.neighbours.get(port);
    if (neighbour === undefined) return unknownHost(`port ${port}`, null);
    const workload = neighbour.workload === null ? undefined : workloads.get(neighbour.workload);
    return workload ?? noNeighbour(neighbour);
  }

  /** What the table no longer has is forgotten with the first table after its last request. */
  function forgetLeft(): void {
    for (const id of leaving) {
      if ((workloads.get(id)?.inFlight ?? 0) > 0) continue;
      workloads.delete(id);
      leaving.delete(id);
    }
  }

  function hasLeft({ id, inFlight }: Workload): void {
    shares.left("in-flight", id, limits.inFlight, inFlight);
  }

  function stirs(workload: string): void {
    for (const watcher of watchers) watcher(workload);
  }

  async function openNeighbours(): Promise<void> {
    if (followsNeighbours) await listeners.listen(makeNeighbourDoors(table.neighbours, gateways, shared));
  }

  function receive(
    req: IncomingMessage,
    res: ServerResponse,
    port: number | null,
    awaitsContinue: boolean,
    upgrade: Arrival["upgrade"] = null,
  ): void {
    // Its client may have left before the server handed it over.
    if (res.destroyed) return;
    const host = req.headers.host ?? "";
    const path = pathOf(req.url ?? "", host);
    const requestId = requestIdOf(req.headers["x-request-id"]);
    const exchange = new Exchange({ req, res, host, path: path ?? "", port, requestId, awaitsContinue, upgrade }, home);
    const fault = path === null ? "bad-target" : faultOf(req, host, limits);
    // Node hands over all requests of a packet; those behind one that was refused may be part of it.
    if (edge.spoiled.has(req.socket)) return void res.destroy();
    if (fault === null) admit(exchange);
    else exchange.refuseLast(badRequest(fault));
  }

  function receiveUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, port: number | null): void {
    if (socket.destroyed) return;
    const res = responseOn(socket, req);
    const protocol = protocolOf(req);
    receive(req, res, port, false, protocol === null || hasBody(req) ? null : { protocol, socket, head });
  }

  return {
    apply(next) {
      const before = table;
      table = next;
      const now = deps.clock.now();
      for (const id of differingKeys(before.workloads, next.workloads)) {
        const routed = next.workloads.get(id);
        const known = workloads.get(id);
        if (routed === undefined) {
          known?.retire(now);
          leaving.add(id);
        } else {
          leaving.delete(id);
          if (known !== undefined) known.update(routed, now);
          else workloads.set(id, slots.open(new Workload(routed, now, options)));
        }
      }
      forgetLeft();
      room.review(admit);
      if (differingKeys(before.neighbours, next.neighbours).length > 0) void openNeighbours();
    },
    load(of = workloads.keys()) {
      const load = new Map<string, WorkloadLoad>();
      const now = deps.clock.now();
      for (const id of of) {
        const workload = workloads.get(id);
        if (workload !== undefined) load.set(id, workload.load(now));
      }
      return load;
    },
    requesters() {
      const now = deps.clock.now();
      const all = new Map<string, readonly Requester[]>();
      for (const [id, { requesters }] of workloads) {
        const top = requesters?.top(now) ?? [];
        if (top.length > 0) all.set(id, top);
      }
      return all;
    },
    allot(allotment) {
      for (const workload of slots.allot(allotment)) serveWaiting(workload);
    },
    slots: () => slots.whole(),
    standAlone(isAlone) {
      slots.standAlone(isAlone);
      for (const workload of workloads.values()) serveWaiting(workload);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    handle: (req, res) => receive(req, res, null, false),
    handleContinue: (req, res) => receive(req, res, null, true),
    upgrade: (req, socket, head) => receiveUpgrade(req, socket, head, null),
    listenNeighbours(doors = [loopbackDoor]) {
      followsNeighbours = true;
      shared = doors;
      return openNeighbours();
    },
    openGateways(next) {
      gateways = next;
      return openNeighbours();
    },
    partFromNeighbours: () => listeners.part(),
    drainNeighbours: () => listeners.drain(),
    metrics: () => routerMetrics(workloads.values(), edge, deps.clock.now()),
    close() {
      closed = true;
      room.close();
      listeners.close();
      const now = deps.clock.now();
      for (const workload of workloads.values()) workload.retire(now);
    },
  };
}

/** What node:http's parser lets through and no proxy should: each of these has let a request be read differently by two servers. */
function faultOf(req: IncomingMessage, host: string, { urlBytes, headers: maxHeaders }: Limits): RefusalReason | null {
  const { headers, httpVersion, url = "" } = req;
  // The parser takes a first line without a version, and headers after it (nodejs/llhttp issue 877).
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return "bad-version";
  if (url.length > urlBytes) return "url-too-long";
  if (req.rawHeaders.length > maxHeaders * 2) return "too-many-headers";
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) {
    if (headers["content-length"] !== undefined) return "length-and-coding";
    if (coding.toLowerCase() !== "chunked" || httpVersion === "1.0") return "bad-coding";
  }
  return isHost(host) && !isTwice("host", req.rawHeaders) ? null : "bad-host";
}

function isTwice(name: string, raw: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < raw.length; at += 2) {
    const other = raw[at] ?? "";
    if (other.length === name.length && other.toLowerCase() === name && ++count > 1) return true;
  }
  return false;
}
