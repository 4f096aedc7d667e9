import { hostname } from "node:os";
import { join } from "node:path";
import { type RoutingTable, systemClock as clock, systemRandom as random } from "@berth/core";
import { keepUnread, openTableFile, silenceMs, startFeedLink } from "@berth/feed";
import { HttpServer, makeEdge, makeRouter, processMetrics } from "@berth/router";
import type { Logger } from "pino";
import { openAccessLog } from "../http/access-log.ts";
import { closeServer } from "../http/close-server.ts";
import { makeGate } from "../http/gate.ts";
import { listen } from "../http/listen.ts";
import { makeMetricsAnswer } from "../http/metrics.ts";
import type { RouterSettings } from "../settings/settings.ts";
import { makeAskedTokens } from "./asked-tokens.ts";
import { makeRouterDispatch } from "./router-dispatch.ts";
import { openSharedPort } from "../workers/shared-port.ts";
import { startWorkers } from "../workers/workers.ts";
import { makeLoneWakes } from "./lone-wakes.ts";
import { serverWorkload, withServer } from "./server-route.ts";

export interface RunningRouter {
  port: number;
  close(): Promise<void>;
}

/** So long clients are led to other routers before this one closes its ports: what they have sent by then is answered. */
const partingMs = 2_000;
/** The other processes at its port take what comes from then on. */
const workerPartingMs = 200;
/** So long requests may take to end after that. */
const closeGraceMs = 20_000;

/** A router in a process of its own: it serves by what the server tells it, and by the last of that while the server is away. */
export async function startRouterProcess(
  settings: RouterSettings,
  log: Logger,
  worker: number | null,
): Promise<RunningRouter> {
  const { domain, server, routerToken: token, neighbours } = settings;
  const shared = openSharedPort({ settings, worker, clock, log: log.child({ part: "workers" }) });
  const edge = makeEdge(clock, settings.edge, shared.limits);
  const accessLog = openAccessLog(settings.accessLog);
  const http = new HttpServer(edge);
  const gate = makeGate(http);
  const port = await listen(http, settings, shared.sharing);
  const tableName = worker === null ? "table.json" : `table-${worker}.json`;
  const file = openTableFile(join(settings.home, "router", tableName), { clock, log: log.child({ part: "table" }) });
  const url = new URL(server);
  const endpoint = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || 80) };
  let served: RoutingTable | null = file.read();
  let isConnected = false;
  let connection = new AbortController();
  /** There is a table, and neighbours are served by it. */
  let isOpen = false;
  let isEnding = false;

  const lone = makeLoneWakes({
    home: settings.home,
    clock,
    random,
    log: log.child({ part: "wakes" }),
    find: (workload) => served?.workloads.get(workload),
    onChange: () => route(),
  });
  const router = makeRouter({
    domain,
    edge,
    accessLog: accessLog?.write ?? null,
    // Whoever can wakes it.
    wake: (workload, by) => Promise.race([link.wake(workload, by), lone.wake(workload, by)]),
    onSlots: (report) => link.tellSlots(report),
    clock,
    random,
    log: log.child({ part: "router" }),
  });
  const route = () => {
    if (served !== null) router.apply(withServer(lone.overlay(served), domain, endpoint, isConnected));
  };
  route();
  const open = async () => {
    if (neighbours !== null) await router.listenNeighbours([{ address: neighbours, from: settings.cluster.ranges }]);
    isOpen = true;
  };
  if (served !== null) await open();

  const link = startFeedLink({
    server,
    token,
    domain,
    router: `${hostname().slice(0, 100)}-${Buffer.from(random.bytes(4)).toString("hex")}`,
    load() {
      const load = new Map(router.load());
      load.delete(serverWorkload);
      return load;
    },
    requesters: () => router.requesters(),
    slots: router,
    onTable(table) {
      const isFirst = served === null;
      served = served === null ? table : keepUnread(served, table);
      route();
      if (isFirst) void open();
      file.write(served);
    },
    onConnection(isThere) {
      isConnected = isThere;
      lone.follow(isThere);
      connection.abort();
      connection = new AbortController();
      if (isThere) router.standAlone(false);
      else void standAloneSoon(connection.signal);
      route();
    },
    clock,
    log: log.child({ part: "feed" }),
  });

  /** Should the server stay away, nobody divides slots. */
  async function standAloneSoon(signal: AbortSignal) {
    await clock.sleep(silenceMs, signal);
    if (!signal.aborted) router.standAlone(true);
  }
  void standAloneSoon(connection.signal);

  const hasTable = () => served !== null;
  const hasHost = (host: string) => served?.hosts.has(host) ?? false;
  const absence = () => (isEnding ? "ending" : isOpen ? null : "no table yet");
  const metrics = makeMetricsAnswer({
    metrics: shared.tell(() => [...router.metrics(), ...processMetrics(clock.now())]),
    isToken: makeAskedTokens({ server, domain, clock }),
    log: log.child({ part: "metrics" }),
  });
  gate.open(
    makeRouterDispatch({ domain, router, metrics: metrics.take, hasTable, absence, hasHost, visit: link.visit }),
  );

  const workers =
    worker !== null
      ? null
      : startWorkers({
          count: settings.workers - 1,
          env: { BERTH_PORT: String(port), BERTH_NEIGHBOURS: "" },
          home: settings.home,
          onEnd: shared.ended,
          clock,
          log: log.child({ part: "workers" }),
        });

  return {
    port,
    async close() {
      const others = workers?.close();
      isEnding = true;
      lone.close();
      connection.abort();
      http.part();
      router.partFromNeighbours();
      await clock.sleep(worker === null ? partingMs : workerPartingMs);
      // What is in flight is counted until it has ended.
      await Promise.all([
        closeServer(http, async () => undefined, closeGraceMs),
        Promise.race([router.drainNeighbours(), clock.sleep(closeGraceMs)]),
      ]);
      shared.close();
      router.close();
      await link.close();
      await file.flush();
      await others;
      accessLog?.close();
    },
  };
}
