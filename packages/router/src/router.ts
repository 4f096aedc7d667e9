import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  type NeighbourGateway,
  parseHost,
  production,
  type RouterPort,
  type RoutingTable,
  type WorkloadLoad,
} from "@berth/core";
import type { RouterDeps } from "./deps.ts";
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
import { findRoute, hostName, isHost, pathOf } from "./route.ts";
import { protocolOf, responseOn } from "./upgrade.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { Workload } from "./workload.ts";

export interface Router extends RouterPort {
  apply(table: RoutingTable): void;
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
  const { limits } = edge;
  const workloads = new Map<string, Workload>();
  const wake = (id: string) => {
    const workload = workloads.get(id);
    if (workload !== undefined) workload.stats.wakes++;
    return deps.wake(id);
  };
  const room = new WaitingRoom({ ...deps, wake, wakeDeadlineMs, maxWaiting });
  const requestIdOf = makeRequestIds(deps.random);
  const randomIndex = makeRandomIndex(deps.random);
  const home: ExchangeHome = {
    clock: deps.clock,
    log: deps.log,
    edge,
    accessLog: deps.accessLog ?? null,
    makeTraceparent: makeTraceParents(deps.random),
    admit,
    forget: (exchange) => room.leave(exchange),
  };
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
  let closed = false;

  function admit(exchange: Exchange): void {
    if (closed) return exchange.refuse(closing);
    const found = locate(exchange);
    if (!(found instanceof Workload)) return exchange.refuse(found);
    if (limits.inFlight > 0 && found.inFlight >= limits.inFlight && !exchange.isIn(found))
      return exchange.refuse(tooManyInFlight(found));
    const instance = found.choose(randomIndex, exchange.failed);
    if (instance !== null) exchange.serve(found, instance);
    else if (found.routed.state === "failed") exchange.refuse(failed(found));
    else room.hold(exchange, found);
  }

  function locate({ arrival: { port, host, path } }: Exchange): Workload | Answer {
    return port === null ? locateByHost(host, path) : locateNeighbour(port);
  }

  function locateByHost(header: string, path: string): Workload | Answer {
    const name = hostName(header);
    const host = table.hosts.get(name);
    if (host === undefined) return lacking(name);
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

  async function openNeighbours(): Promise<void> {
    if (followsNeighbours) await listeners.listen(makeNeighbourDoors(table.neighbours, gateways, shared));
  }

  function receive(
    req: IncomingMessage,
    res: ServerResponse,
    port: number | null,
    awaitsContinue: boolean,
    upgrade: Exchange["arrival"]["upgrade"] = null,
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
      table = next;
      for (const [id, routed] of next.workloads) {
        const known = workloads.get(id);
        if (known === undefined) workloads.set(id, new Workload(routed, answerDeadlineMs));
        else known.update(routed);
      }
      for (const [id, workload] of workloads) {
        if (next.workloads.has(id)) continue;
        workload.retire();
        if (workload.inFlight === 0) workloads.delete(id);
      }
      room.review(admit);
      void openNeighbours();
    },
    load() {
      const load = new Map<string, WorkloadLoad>();
      for (const [id, workload] of workloads) load.set(id, workload.load());
      return load;
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
    metrics: () => routerMetrics(workloads.values(), edge),
    close() {
      closed = true;
      room.close();
      listeners.close();
      for (const workload of workloads.values()) workload.retire();
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
