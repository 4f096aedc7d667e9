import { createServer } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { type RoutingTable, systemClock as clock, systemRandom as random } from "@berth/core";
import { keepUnread, openTableFile, startFeedLink } from "@berth/feed";
import { httpServerOptions, makeRouter } from "@berth/router";
import type { Logger } from "pino";
import { closeServer } from "../close-server.ts";
import { makeGate } from "../gate.ts";
import { listen } from "../listen.ts";
import type { RouterSettings } from "../settings.ts";
import { makeRouterDispatch } from "./router-dispatch.ts";
import { serverWorkload, withServer } from "./server-route.ts";

export interface RunningRouter {
  port: number;
  close(): Promise<void>;
}

/** So long requests may take to end when the router does. */
const closeGraceMs = 20_000;

/** A router in a process of its own: it serves by what the server tells it, and by the last of that while the server is away. */
export async function startRouterProcess(settings: RouterSettings, log: Logger): Promise<RunningRouter> {
  const { domain, server, routerToken: token } = settings;
  const http = createServer(httpServerOptions);
  const gate = makeGate(http);
  const port = await listen(http, settings);
  const file = openTableFile(join(settings.home, "router", "table.json"), { clock, log: log.child({ part: "table" }) });
  const url = new URL(server);
  const endpoint = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || 80) };
  let served: RoutingTable | null = file.read();
  let isConnected = false;

  const router = makeRouter({
    domain,
    wake: (workload) => link.wake(workload),
    clock,
    random,
    log: log.child({ part: "router" }),
  });
  const route = () => {
    if (served !== null) router.apply(withServer(served, domain, endpoint, isConnected));
  };
  route();

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
    onTable(table) {
      served = served === null ? table : keepUnread(served, table);
      route();
      file.write(served);
    },
    onConnection(isThere) {
      isConnected = isThere;
      route();
    },
    clock,
    log: log.child({ part: "feed" }),
  });

  const isReady = () => served !== null;
  const hasHost = (host: string) => served?.hosts.has(host) ?? false;
  gate.open(makeRouterDispatch({ domain, router, isReady, hasHost, visit: link.visit }));

  return {
    port,
    async close() {
      // What is in flight is counted until it has ended.
      await closeServer(http, async () => undefined, closeGraceMs);
      router.close();
      await link.close();
      await file.flush();
    },
  };
}
