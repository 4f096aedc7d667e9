import { Agent } from "node:http";
import type { NeighbourRoute } from "@berth/core";
import { expect, it } from "vitest";
import { loopbackDoor, makeNeighbourDoors } from "./neighbour-doors.ts";
import { makeAdmission } from "./neighbours.ts";
import { ask } from "./support/request.ts";
import { closedPort, startInstance, startRouter } from "./support/servers.ts";

const neighbour = (workload: string | null): NeighbourRoute => ({
  app: "shop",
  environment: "production",
  service: "api",
  workload,
});

it("services reach their neighbours by a loopback port that follows the table", async () => {
  const [first, second] = [
    await startInstance((req, res) => res.end(`one ${req.headers.host}`)),
    await startInstance((_, res) => res.end("two")),
  ];
  const port = await closedPort();
  const { router, apply } = await startRouter([]);
  apply([{ id: "one", ports: [first.port], prefixes: [] }], { neighbours: new Map([[port, neighbour("one")]]) });
  await router.listenNeighbours();
  expect((await ask({ port, host: `127.0.0.1:${port}` })).body).toBe(`one 127.0.0.1:${port}`);
  apply([{ id: "two", ports: [second.port], prefixes: [] }], { neighbours: new Map([[port, neighbour("two")]]) });
  expect((await ask({ port })).body).toBe("two");
  expect(router.load().get("two")).toMatchObject({ inFlight: 0, lastRequestAt: expect.any(Number) });
  apply([], { neighbours: new Map([[port, neighbour(null)]]) });
  expect(await ask({ port })).toMatchObject({
    status: 503,
    body: expect.stringContaining("api of shop is not running"),
  });
  apply([]);
  await expect(ask({ port })).rejects.toThrow("ECONNREFUSED");
});

it("a neighbour's port that is taken is opened when it gets free", async () => {
  const other = await startInstance((_, res) => res.writeHead(418).end());
  const warnings: string[] = [];
  let tryAgain: () => void = () => {};
  const clock = { now: Date.now, sleep: () => new Promise<void>((resolve) => (tryAgain = resolve)) };
  const log = { debug() {}, info() {}, warn: (_: object, message: string) => void warnings.push(message), error() {} };
  const { router, apply } = await startRouter([], { clock, log });
  const web = await startInstance((_, res) => res.end("free"));
  const neighbours = new Map([[other.port, neighbour("web")]]);
  apply([{ id: "web", ports: [web.port], prefixes: [] }], { neighbours });
  await router.listenNeighbours();
  expect(warnings).toEqual(["a neighbour's port cannot be opened: another program listens on it"]);
  expect((await ask({ port: other.port })).status).toBe(418);
  await new Promise((resolve) => other.server.close(resolve));
  tryAgain();
  const answered = async () => {
    const answer = await ask({ port: other.port }).catch(() => null);
    return answer?.body;
  };
  await expect.poll(answered, { timeout: 10_000 }).toBe("free");
});

it("a router that is about to end answers on, leads clients elsewhere, and ends what is under way", async () => {
  const port = await closedPort();
  const slow = Promise.withResolvers<void>();
  const instance = await startInstance((req, res) => {
    if (req.url === "/slow") void slow.promise.then(() => res.end("here"));
    else res.end("here");
  });
  const { router, apply } = await startRouter([]);
  apply([{ id: "api", ports: [instance.port], prefixes: [] }], { neighbours: new Map([[port, neighbour("api")]]) });
  await router.listenNeighbours();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path: string) => ask({ port, path, agent });
  expect((await get("/")).headers.connection).toBe("keep-alive");
  router.partFromNeighbours();
  expect(await get("/")).toMatchObject({ status: 200, body: "here", headers: { connection: "close" } });
  const underWay = ask({ port, path: "/slow" });
  await expect.poll(() => router.load().get("api")?.inFlight).toBe(1);
  let isDrained = false;
  const drained = router.drainNeighbours().then(() => (isDrained = true));
  await expect(ask({ port })).rejects.toThrow("ECONNREFUSED");
  expect(isDrained).toBe(false);
  slow.resolve();
  expect((await underWay).body).toBe("here");
  await drained;
});

it("an environment's gateway has doors to its own services only", () => {
  const other: NeighbourRoute = { app: "shop", environment: "staging", service: "api", workload: null };
  const neighbours = new Map([
    [30_001, neighbour("one")],
    [30_002, other],
  ]);
  const gateways = [{ app: "shop", environment: "staging", address: "10.201.0.65", subnet: "10.201.0.64/26" }];
  expect(makeNeighbourDoors(neighbours, gateways, [])).toEqual([
    { address: "10.201.0.65", port: 30_002, from: ["10.201.0.64/26"] },
  ]);
  expect(makeNeighbourDoors(neighbours, [], [loopbackDoor]).map(({ address, port }) => `${address}:${port}`)).toEqual([
    "127.0.0.1:30001",
    "127.0.0.1:30002",
  ]);
});

it("a gateway admits its own subnet's instances, and nothing of this machine itself", () => {
  const admits = makeAdmission(["10.201.0.64/26"], "10.201.0.65");
  expect(["10.201.0.66", "10.201.0.126"].map(admits)).toEqual([true, true]);
  expect(["10.201.0.65", "10.201.0.63", "10.201.0.128", "127.0.0.1", undefined].map(admits)).toEqual(
    Array.from({ length: 5 }, () => false),
  );
});

it("neighbours are reached at gateways that come and go", async () => {
  const web = await startInstance((_, res) => res.end("by the gateway"));
  const port = await closedPort();
  const { router, apply } = await startRouter([]);
  apply([{ id: "web", ports: [web.port], prefixes: [] }], { neighbours: new Map([[port, neighbour("web")]]) });
  await router.listenNeighbours([]);
  await expect(ask({ port })).rejects.toThrow("ECONNREFUSED");
  const gateway = { app: "shop", environment: "production", address: "127.0.0.1" };
  await router.openGateways([{ ...gateway, subnet: "127.0.0.0/30" }]);
  await expect(ask({ port }), "the machine itself is not let in").rejects.toThrow(/ECONNRESET|socket hang up/);
  // From an address of the subnet that is not the gateway's.
  expect((await ask({ port, localAddress: "127.0.0.2" })).body).toBe("by the gateway");
  await router.openGateways([]);
  await expect(ask({ port, localAddress: "127.0.0.2" })).rejects.toThrow("ECONNREFUSED");
});

it("a door for all environments admits what comes from its ranges, of either family", () => {
  const admits = makeAdmission(["10.244.0.0/16", "198.51.100.7", "fd12::/48"], "198.51.100.4");
  expect(["10.244.3.9", "198.51.100.7", "fd12::9"].map(admits)).toEqual([true, true, true]);
  expect(["198.51.100.4", "198.51.100.8", "fd13::9"].map(admits)).toEqual([false, false, false]);
});

it("who may come in by a door changes while it is open", async () => {
  const web = await startInstance((_, res) => res.end("in"));
  const port = await closedPort();
  const { router, apply } = await startRouter([]);
  apply([{ id: "one", ports: [web.port], prefixes: [] }], { neighbours: new Map([[port, neighbour("one")]]) });
  await router.listenNeighbours([{ address: "127.0.0.1", from: ["10.0.0.0/8"] }]);
  const come = () => ask({ port, localAddress: "127.0.0.2" });
  await expect(come()).rejects.toThrow(/ECONNRESET|socket hang up/);
  await router.listenNeighbours([{ address: "127.0.0.1", from: ["10.0.0.0/8", "127.0.0.2/32"] }]);
  expect((await come()).body).toBe("in");
});
