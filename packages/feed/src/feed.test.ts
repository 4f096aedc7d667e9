import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type HeldSlots,
  type LoadCounter,
  type Requester,
  type RoutingTable,
  type SlotPort,
  systemClock,
  type WorkloadLoad,
} from "@berth/core";
import { plainTable } from "@berth/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { type FeedLink, startFeedLink } from "./link.ts";
import { writeTable } from "./messages.ts";
import { type RouterFeed, startRouterFeed } from "./router-feed.ts";
import { makeTablePatch } from "./table-patch.ts";

const told: string[] = [];
const say = (fields: object, message: string) => void told.push(`${JSON.stringify(fields)} ${message}`);
const log = { debug: () => undefined, info: say, warn: say, error: say };
const common = { clock: systemClock, log };
const token = "t".repeat(32);
const domain = "test";

function tableOf(version: number, ...apps: string[]): RoutingTable {
  const host = (app: string) => ({ app, environment: "production", version: null, routes: [], absence: null });
  const hosts = new Map(apps.map((app) => [`${app}.test`, host(app)] as const));
  return { version, hosts, neighbours: new Map(), workloads: new Map(), unread: [] };
}

const counter = (inFlight: number, requests = inFlight, busyMs = 0): LoadCounter => ({
  router: "",
  requests,
  busyMs,
  inFlight,
  at: Date.now(),
});

const load = (inFlight: number): Map<string, WorkloadLoad> =>
  new Map([
    [
      "w",
      { inFlight, lastRequestAt: Date.now(), instances: new Map([["i", inFlight]]), counters: [counter(inFlight)] },
    ],
  ]);

/** A router that has no limited instances. */
const noSlots: SlotPort = { allot: () => undefined, slots: () => ({ seq: 0, isWhole: true, workloads: new Map() }) };

let http: Server;
let address: string;
const ends: (() => Promise<void> | void)[] = [];
const remembered = vi.fn<(routers: readonly string[]) => void>();

beforeEach(async () => {
  http = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  told.length = 0;
  remembered.mockClear();
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  http.closeAllConnections();
  http.close();
});

interface Asked {
  woken: string[];
  visited: string[];
}

function startFeed(known: string[] = []): RouterFeed & Asked {
  const asked: Asked = { woken: [], visited: [] };
  const feed = startRouterFeed({
    local: {
      apply: () => undefined,
      load: () => load(1),
      requesters: () => new Map(),
      watch: () => () => undefined,
      ...noSlots,
    },
    domain,
    token,
    known,
    remember: remembered,
    async wake(workload, by) {
      asked.woken.push(`${workload} by ${by}`);
      if (workload === "broken") throw new Error("no room for it");
    },
    async visit(app, version) {
      asked.visited.push(`${app} v${version}`);
      return version === 1;
    },
    ...common,
  });
  http.on("upgrade", feed.upgrade);
  feed.open();
  ends.push(() => feed.close());
  return Object.assign(feed, asked);
}

interface TestRouter extends FeedLink {
  tables: RoutingTable[];
  counts: Map<string, WorkloadLoad>;
  requesters: Map<string, readonly Requester[]>;
  /** Of the workload `w`, by instance, as it was last allotted. */
  quotas: Map<string, number>;
  demand: Pick<HeldSlots, "used" | "want">;
}

function startRouter(router: string, given: { token?: string; domain?: string } = {}): TestRouter {
  const tables: RoutingTable[] = [];
  const counts = new Map<string, WorkloadLoad>();
  const requesters = new Map<string, readonly Requester[]>();
  const quotas = new Map<string, number>();
  const demand = { used: 0, want: 0 };
  const slots: SlotPort = {
    ...noSlots,
    allot({ seq, workloads }) {
      for (const [id, count] of workloads.get("w") ?? []) quotas.set(id, count);
      const held: [string, HeldSlots] = ["w", { held: new Map(quotas), ...demand }];
      link.tellSlots({ seq, isWhole: false, workloads: new Map([held]) });
    },
  };
  const link = startFeedLink({
    server: address,
    token,
    domain,
    router,
    load: () => new Map(counts),
    requesters: () => requesters,
    slots,
    onTable: (table) => void tables.push(table),
    onConnection: () => undefined,
    ...common,
    ...given,
  });
  ends.push(() => link.close());
  return { ...link, tables, counts, quotas, demand, requesters };
}

const newest = ({ tables }: TestRouter) => tables.slice(-1).map(plainTable)[0];

describe("routers and their feed", () => {
  it("is asked for at the domain, by whatever address it is found", async () => {
    const asked = once(http, "upgrade");
    startFeed();
    startRouter("a");
    expect((await asked)[0].headers.host).toBe(domain);
  });

  it("divides the slots of limited instances among the routers, and anew when one has ended", async () => {
    const feed = startFeed();
    const [a, b] = [startRouter("a"), startRouter("b")];
    const instances = [{ id: "i", endpoint: { host: "127.0.0.1", port: 1 }, draining: false }];
    const place = { app: "shop", environment: "production", service: "web" };
    const limited = {
      id: "w",
      ...place,
      instances,
      state: "running",
      reason: null,
      hint: null,
      concurrency: 9,
    } as const;
    await vi.waitFor(() => expect([newest(a), newest(b)]).toEqual([expect.anything(), expect.anything()]));
    await feed.apply({ ...tableOf(1, "shop"), workloads: new Map([["w", limited]]) });
    // The third is the router of this process, which keeps what it has.
    await vi.waitFor(() => expect([a.quotas.get("i"), b.quotas.get("i")]).toEqual([3, 3]));
    Object.assign(b.demand, { used: 3, want: 9 });
    const held = new Map(b.quotas);
    b.tellSlots({ seq: 1, isWhole: false, workloads: new Map([["w", { held, ...b.demand }]]) });
    await vi.waitFor(() => expect([a.quotas.get("i"), b.quotas.get("i")]).toEqual([0, 6]));
    await b.close();
    await vi.waitFor(() => expect(a.quotas.get("i")).toBe(4));
  });

  it("has each router route by the newest table, and says when all do", async () => {
    const feed = startFeed();
    await feed.apply(tableOf(1, "shop"));
    const routers = [startRouter("a"), startRouter("b")];
    for (const router of routers) await vi.waitFor(() => expect(newest(router)).toEqual(tableOf(1, "shop")));
    await feed.apply(tableOf(2, "shop", "blog"));
    for (const router of routers) expect(newest(router)).toEqual(tableOf(2, "shop", "blog"));
    await feed.apply(tableOf(3, "blog"));
    for (const router of routers) expect(newest(router)).toEqual(tableOf(3, "blog"));
  });

  it("counts the load of all of them, as it was when they took the newest table", async () => {
    const feed = startFeed();
    const a = startRouter("a");
    const b = startRouter("b");
    for (const router of [a, b]) await vi.waitFor(() => expect(router.tables).toHaveLength(1));
    a.counts.set("w", load(2).get("w")!);
    b.counts.set("w", load(3).get("w")!);
    await feed.apply(tableOf(1));
    expect(feed.load().get("w")).toMatchObject({ inFlight: 6, instances: new Map([["i", 6]]) });
    b.counts.delete("w");
    await vi.waitFor(() => expect(feed.load().get("w")?.inFlight).toBe(3));
    await a.close();
    await vi.waitFor(() => expect(feed.load().get("w")?.inFlight).toBe(1));
    expect(remembered.mock.lastCall).toEqual([["b"]]);
  });

  it("keeps what each router counts apart, and tells of a load that begins or ends", async () => {
    const feed = startFeed();
    const stirred = vi.fn<(workload: string) => void>();
    feed.watch(stirred);
    const [a, b] = [startRouter("a"), startRouter("b")];
    for (const router of [a, b]) await vi.waitFor(() => expect(router.tables).toHaveLength(1));
    const of = (router: string) =>
      feed
        .load()
        .get("w")
        ?.counters.find((each) => each.router === router);
    const say = (router: TestRouter, ...sums: [number, number, number]) =>
      router.counts.set("w", { ...load(sums[0]).get("w")!, lastRequestAt: 1, counters: [counter(...sums)] });
    say(a, 2, 7, 900);
    say(b, 0, 5, 400);
    await vi.waitFor(() => expect(of("a")).toMatchObject({ inFlight: 2, requests: 7, busyMs: 900 }));
    await vi.waitFor(() => expect(of("b")).toMatchObject({ inFlight: 0, requests: 5, busyMs: 400 }));
    expect(stirred.mock.calls).toEqual([["w"], ["w"]]);
    // Nothing but the sums has changed: a request has come and gone.
    say(b, 0, 6, 430);
    await vi.waitFor(() => expect(of("b")).toMatchObject({ requests: 6, busyMs: 430 }));
    await a.close();
    await vi.waitFor(() => expect(of("a")).toBeUndefined());
  });

  it("passes wakes and visits on, and what came of them back", async () => {
    const feed = startFeed();
    const a = startRouter("a");
    await a.wake("w", "curl");
    expect(feed.woken).toEqual(["w by curl"]);
    await expect(a.wake("broken", "curl")).rejects.toThrow("no room for it");
    expect(await a.visit("shop", 1)).toBe(true);
    expect(await a.visit("shop", 2)).toBe(false);
    expect(feed.visited).toEqual(["shop v1", "shop v2"]);
  });

  it("knows who asks for what may sleep at any of them, as long as they are there", async () => {
    const feed = startFeed();
    const a = startRouter("a");
    a.requesters.set("w", [{ agent: "UptimeRobot", network: "203.0.113.0/24", perHour: 60, lastAt: Date.now() }]);
    await vi.waitFor(() => expect(feed.requesters().get("w")).toMatchObject([{ agent: "UptimeRobot", perHour: 60 }]));
    await a.close();
    await vi.waitFor(() => expect(feed.requesters().size).toBe(0));
  });

  it("asks for what it waits for once the server is there", async () => {
    const a = startRouter("a");
    const woken = a.wake("w", "curl");
    await new Promise((resolve) => setTimeout(resolve, 150));
    const feed = startFeed();
    await woken;
    expect(feed.woken).toEqual(["w by curl"]);
  });

  it.each([
    [{ token: "x".repeat(32) }, "BERTH_ROUTER_TOKEN is not the one of this server"],
    [{ domain: "elsewhere" }, "BERTH_DOMAIN is test at the server, and elsewhere here"],
  ])("takes no router with %o, and says why", async (given, why) => {
    startFeed();
    const router = startRouter("a", given);
    await vi.waitFor(() => expect(told.join("\n")).toContain(why));
    expect(router.tables).toEqual([]);
    expect(remembered).not.toHaveBeenCalled();
  });

  it("takes no router from a web page", async () => {
    startFeed();
    const headers = { authorization: `Bearer ${token}`, origin: "http://shop.test" };
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(`${address}/routers/connect?router=a&domain=test`, { headers });
    const [, answer] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(403);
    socket.on("error", () => undefined).terminate();
  });

  it("waits for a router from before a restart, until it is there with the newest table", async () => {
    const feed = startFeed(["a"]);
    let isApplied = false;
    const applied = Promise.resolve(feed.apply(tableOf(1))).then(() => (isApplied = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isApplied).toBe(false);
    startRouter("a");
    await applied;
    expect(told.join("\n")).not.toContain("silent");
  });

  it("asks for the whole table where a version was missed", async () => {
    const server = new WebSocketServer({ server: http });
    ends.push(() => server.close());
    const asked: string[] = [];
    server.on("connection", (socket) => {
      const patch = makeTablePatch(tableOf(3, "shop"), tableOf(4, "shop", "blog"));
      const send = (message: object) => socket.send(JSON.stringify(message));
      send({ kind: "table", table: writeTable(tableOf(1, "shop")) });
      send({ kind: "patch", patch });
      socket.on("message", (data) => {
        const { kind } = JSON.parse(String(data)) as { kind: string };
        asked.push(kind);
        if (kind === "resync") send({ kind: "table", table: writeTable(tableOf(4, "shop", "blog")) });
      });
    });
    const router = startRouter("a");
    await vi.waitFor(() => expect(router.tables.map(({ version }) => version)).toEqual([1, 4]));
    expect(asked.filter((kind) => kind === "resync")).toHaveLength(1);
    expect([...newest(router)!.hosts.keys()]).toEqual(["shop.test", "blog.test"]);
  });

  it("gives up a router that is silent for five seconds", async () => {
    const feed = startFeed(["gone"]);
    const since = Date.now();
    expect(await feed.apply(tableOf(1))).toEqual(["gone"]);
    expect(Date.now() - since).toBeGreaterThan(4_500);
    expect(Date.now() - since).toBeLessThan(6_000);
    expect(told.join("\n")).toContain('{"router":"gone"} a router was silent');
    expect(remembered.mock.lastCall).toEqual([[]]);
  });
});
