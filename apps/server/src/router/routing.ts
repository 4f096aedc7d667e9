import type { Clock, Random, SlotReport, Store } from "@berth/core";
import { type RouterFeed, startRouterFeed } from "@berth/feed";
import { type AccessLog, type Edge, makeRouter, type Router } from "@berth/router";
import type { Logger } from "pino";
import { readRouterToken } from "./router-token.ts";
import type { Settings } from "../settings/settings.ts";

export interface RoutingDeps {
  settings: Pick<Settings, "domain" | "routerToken">;
  edge: Edge;
  accessLog: AccessLog | null;
  /** BERTH_HOME, an absolute path. */
  home: string;
  store: Pick<Store, "installation">;
  /** A request asks for a sleeping workload. */
  wake(workload: string, by: string): Promise<void>;
  /** A request asks for a release by its permalink. False where there is none. */
  visit(app: string, release: number): Promise<boolean>;
  clock: Clock;
  random: Random;
  log: Logger;
}

/** This server's own router, and the feed by which it and all others get their table. */
export async function openRouting(deps: RoutingDeps): Promise<{ router: Router; feed: RouterFeed }> {
  const { settings, edge, accessLog, home, store, wake, visit, clock, random, log } = deps;
  const { domain } = settings;
  const onSlots = (report: SlotReport) => feed.tookSlots(report);
  const router = makeRouter({
    domain,
    edge,
    accessLog,
    wake,
    onSlots,
    clock,
    random,
    log: log.child({ part: "router" }),
  });
  const feed: RouterFeed = startRouterFeed({
    local: router,
    domain,
    token: readRouterToken(home, settings.routerToken, random),
    known: JSON.parse((await store.installation.get("routers")) ?? "[]") as string[],
    remember: (routers) =>
      void store.installation
        .put("routers", JSON.stringify(routers))
        .catch((error: unknown) => log.error({ err: error }, "which routers there are could not be kept")),
    wake,
    visit,
    clock,
    log: log.child({ part: "routers" }),
  });
  return { router, feed };
}
