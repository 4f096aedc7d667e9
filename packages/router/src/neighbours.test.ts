import type { NeighbourRoute } from "@berth/core";
import { expect, it } from "vitest";
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
