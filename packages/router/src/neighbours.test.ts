import type { NeighbourRoute } from "@berth/core";
import { expect, it } from "vitest";
import { ask } from "./support/request.ts";
import { closedPort, startInstance, startRawInstance, startRouter, until } from "./support/servers.ts";

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
  const port = await startRawInstance(
    (socket) => void socket.end("HTTP/1.1 418 Taken\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
  );
  let warned = 0;
  let tries = 0;
  let tryAgain: () => void = () => {};
  const clock = { now: Date.now, sleep: () => new Promise<void>((resolve) => ((tries += 1), (tryAgain = resolve))) };
  const log = { debug() {}, info() {}, warn: () => void warned++, error() {} };
  const { router, apply } = await startRouter([], { clock, log });
  const web = await startInstance((_, res) => res.end("free"));
  apply([{ id: "web", ports: [web.port], prefixes: [] }], { neighbours: new Map([[port, neighbour("web")]]) });
  await router.listenNeighbours();
  expect([warned, tries]).toEqual([1, 1]);
  expect((await ask({ port })).status).toBe(418);
  tryAgain();
  await until(() => tries === 2, "it tries again");
});
