import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, Log, RouterPort, RoutingTable, SlotPort, SlotReport } from "@berth/core";
import { toBerthError } from "@berth/core";
import { type WebSocket, WebSocketServer } from "ws";
import { readFeedUrl } from "./address.ts";
import { mergeLoads, pickLoads } from "./loads.ts";
import {
  type FromRouter,
  type FromServer,
  readFromRouter,
  readLoad,
  readRequesters,
  readSlots,
  writeAllotment,
  writeTable,
} from "./messages.ts";
import { mergeRequesters, type Requesters } from "./requesters.ts";
import { Roster, silenceMs } from "./roster.ts";
import { SlotDesk } from "./slots/slot-desk.ts";
import { makeTablePatch } from "./table-patch.ts";

export interface RouterFeedDeps {
  /** The router in this process. */
  local: RouterPort & SlotPort;
  domain: string;
  /** What a router has to show. */
  token: string;
  /** Routers that were there before this process. */
  known: readonly string[];
  /** Keeps which are there for the next process. */
  remember(routers: readonly string[]): void;
  wake(workload: string, by: string): Promise<void>;
  visit(app: string, version: number): Promise<boolean>;
  clock: Clock;
  log: Log;
}

/** All routers as one: the one in this process, and those in others, which are fed over a connection that each of them opens. */
export interface RouterFeed extends RouterPort {
  /** Takes an upgrade request at the bare domain. False where it is not one of a router. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** What the router in this process has of the slots of limited instances. */
  tookSlots(report: SlotReport): void;
  /** From now on routers can connect: those that are silent are given up. */
  open(): void;
  /** Routers go on with what they have. */
  close(): void;
}

/** The router in this process: others are not named so. */
const own = "";
/** So often routers hear something, and are looked after. */
const beatMs = 1_000;
/** A router that does not answer a close must not keep the server from ending. */
const closeGraceMs = 500;
const maxReportBytes = 32 * 1024 * 1024;

export function startRouterFeed(deps: RouterFeedDeps): RouterFeed {
  const { local, clock, log } = deps;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxReportBytes, perMessageDeflate: false });
  const roster = new Roster(deps.known, clock.now());
  const desk = new SlotDesk();
  const connections = new Map<string, WebSocket>();
  const requesters = new Map<string, Requesters>();
  const closing = new AbortController();
  const watchers = new Set<(workload: string) => void>();
  let table: RoutingTable = {
    version: 0,
    hosts: new Map(),
    neighbours: new Map(),
    workloads: new Map(),
    unread: [],
  };
  let waiting: Waiting[] = [];
  for (const router of [own, ...deps.known]) desk.join(router);
  desk.report(own, local.slots(), clock.now());

  function settle() {
    const over = closing.signal.aborted ? waiting : waiting.filter(({ version }) => roster.hasApplied(version));
    waiting = waiting.filter((one) => !over.includes(one));
    for (const { silent, resolve } of over) resolve(silent);
  }

  /** Divides slots anew, and tells whom it concerns. */
  function allot() {
    for (const [router, allotment] of desk.allot()) {
      if (router === own) local.allot(allotment);
      else connections.get(router)?.send(JSON.stringify(writeAllotment(allotment)));
    }
  }

  function send(socket: WebSocket, message: FromServer) {
    socket.send(JSON.stringify(message));
  }

  function sendTable(socket: WebSocket) {
    socket.send(JSON.stringify({ kind: "table", table: writeTable(table) }));
  }

  function accept(router: string, socket: WebSocket) {
    connections.get(router)?.terminate();
    connections.set(router, socket);
    const isNew = !roster.routers().includes(router);
    roster.join(router, clock.now());
    desk.join(router);
    if (isNew) deps.remember(roster.routers());
    log.info({ router }, "a router has connected");
    socket.on("message", (data) => take(router, socket, String(data)));
    socket.on("pong", () => roster.hear(router, clock.now()));
    socket.on("error", (error) => log.warn({ router, err: error }, "the connection of a router broke"));
    socket.on("close", (code) => {
      if (connections.get(router) !== socket) return;
      connections.delete(router);
      requesters.delete(router);
      // One that ends says so; every other may come back, and has requests in flight until then.
      if (code === 1000) leave(router);
    });
    sendTable(socket);
  }

  function leave(router: string) {
    log.info({ router }, "a router has ended");
    roster.leave(router);
    desk.leave(router);
    deps.remember(roster.routers());
    settle();
    allot();
  }

  function take(router: string, socket: WebSocket, text: string) {
    if (connections.get(router) !== socket) return;
    let message: FromRouter;
    try {
      message = readFromRouter(text);
    } catch (error) {
      log.error({ router, err: error }, "a router says what this server does not understand");
      return socket.close(1008, "not understood");
    }
    if (message.kind === "load") {
      const report = readLoad(message, router, clock.now());
      const stirring = roster.report(router, report, clock.now());
      settle();
      for (const workload of stirring) for (const watcher of watchers) watcher(workload);
      return;
    }
    roster.hear(router, clock.now());
    if (message.kind === "slots") {
      desk.report(router, readSlots(message), clock.now());
      return allot();
    }
    if (message.kind === "resync") return sendTable(socket);
    if (message.kind === "requesters") return void requesters.set(router, readRequesters(message, clock.now()));
    const { id } = message;
    const asked =
      message.kind === "wake"
        ? deps.wake(message.workload, message.by).then(() => true)
        : deps.visit(message.app, message.version);
    const answer = (found: boolean, error: string | null) => send(socket, { kind: "answer", id, found, error });
    asked.then(
      (found) => answer(found, null),
      (error: unknown) => answer(false, toBerthError(error).message),
    );
  }

  async function end(socket: WebSocket) {
    socket.close(1001, "the server stops");
    await clock.sleep(closeGraceMs);
    socket.terminate();
  }

  async function lookAfter() {
    while (!closing.signal.aborted) {
      await clock.sleep(beatMs / 2, closing.signal);
      const silent = roster.leaveSilent(clock.now());
      for (const router of silent) {
        connections.get(router)?.terminate();
        connections.delete(router);
        requesters.delete(router);
        desk.leave(router);
        const told = `a router was silent for ${silenceMs / 1000} s and is not counted on; it may serve by an older table`;
        log.warn({ router }, told);
      }
      if (silent.length > 0) {
        for (const one of waiting) one.silent.push(...silent);
        deps.remember(roster.routers());
        settle();
        allot();
      }
      for (const socket of connections.values()) socket.ping();
    }
  }

  return {
    apply(next) {
      desk.setWorkloads(next.workloads);
      allot();
      void local.apply(next);
      const before = table;
      table = next;
      roster.publish(next, clock.now());
      if (connections.size > 0) {
        const patch = JSON.stringify({ kind: "patch", patch: makeTablePatch(before, next) });
        for (const socket of connections.values()) socket.send(patch);
      }
      if (closing.signal.aborted || roster.hasApplied(next.version)) return;
      return new Promise((resolve) => waiting.push({ version: next.version, silent: [], resolve }));
    },
    load(of) {
      const ids = of && [...of];
      const others = roster.loads();
      return mergeLoads([
        local.load(ids),
        ...(ids === undefined ? others : others.map((load) => pickLoads(load, ids))),
      ]);
    },
    requesters: () => mergeRequesters([local.requesters(), ...requesters.values()]),
    watch(watcher) {
      const stopLocal = local.watch(watcher);
      watchers.add(watcher);
      return () => {
        stopLocal();
        watchers.delete(watcher);
      };
    },
    upgrade(request, socket, head) {
      const identity = readFeedUrl(request.url ?? "");
      if (identity === null) return false;
      const fault = faultOf(request, identity.domain);
      if (fault !== null) refuse(socket, fault);
      else sockets.handleUpgrade(request, socket, head, (accepted) => accept(identity.router, accepted));
      return true;
    },
    tookSlots(report) {
      desk.report(own, report, clock.now());
      allot();
    },
    open() {
      roster.beginAnew(clock.now());
      void lookAfter();
    },
    close() {
      closing.abort();
      settle();
      for (const socket of connections.values()) void end(socket);
      sockets.close();
    },
  };

  function faultOf({ headers }: IncomingMessage, domain: string): Fault | null {
    // No browser can send the token along, but a page that has learnt it need not be let in either.
    if (headers.origin !== undefined) return { status: "403 Forbidden", why: "Web pages are no routers." };
    const shown = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    if (!isEqual(shown, deps.token))
      return { status: "401 Unauthorized", why: "BERTH_ROUTER_TOKEN is not the one of this server." };
    if (domain !== deps.domain)
      return { status: "409 Conflict", why: `BERTH_DOMAIN is ${deps.domain} at the server, and ${domain} here.` };
    return null;
  }
}

/** Who waits until a table is applied. */
interface Waiting {
  version: number;
  /** Routers that were given up since. */
  silent: string[];
  resolve(silent: readonly string[]): void;
}

interface Fault {
  status: string;
  why: string;
}

function refuse(socket: Duplex, { status, why }: Fault): void {
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

/** Takes as long whatever the texts are. */
function isEqual(one: string, other: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
