import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { type RouterProcess, startRouter } from "../support/router.ts";
import { until } from "../support/until.ts";

/** Says how many requests it had at once, this one among them. */
const counting = `
  import { createServer } from "node:http";
  let open = 0;
  createServer((request, response) => {
    const now = ++open;
    setTimeout(() => {
      open--;
      response.end(String(now));
    }, 10);
  }).listen(process.env.PORT);
`;
const host = "single.localhost";

describe("an instance that takes one request at a time, behind two routers of two processes each", () => {
  let berth: Berth;
  let router: RouterProcess;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_WORKERS: "2" });
    router = await startRouter(berth, { BERTH_WORKERS: "2" });
    const files = { "package.json": manifest("single"), "server.js": counting };
    const yaml = "services: { web: { scale: { min: 1, max: 1, concurrency: 1 } } }\n";
    repository = await makeRepository(berth, "single", { ...files, "berth.yaml": yaml });
    await repository.deploy();
  }, 60_000);
  afterAll(async () => {
    repository.remove();
    await router.stop();
    await berth.stop();
  });

  const ask = async (port: number) => {
    const { status, headers, body } = await getAt({ address: "127.0.0.1", port }, host, "/");
    return { status, body, by: String(headers["x-request-id"]).split("-")[0] };
  };
  const both = () => [berth.port, router.port];

  it("gets one at a time of all of them, and all are served", async () => {
    await until("all four take requests", async () => {
      const answers = await Promise.all([...both(), ...both(), ...both()].map(ask));
      return new Set(answers.map(({ by }) => by)).size === 4;
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => both().map(ask)).flat());
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(["1"]));
    expect(new Set(answers.map(({ by }) => by)).size).toBe(4);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  }, 60_000);

  it("is used by one router that has something to do as soon as others leave it", async () => {
    await Promise.all(Array.from({ length: 5 }, () => ask(berth.port)));
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(router.port)));
    expect(answers.every(({ status, body }) => status === 200 && body === "1")).toBe(true);
  }, 60_000);

  it("goes on to get one at a time while the server is away, from who had it", async () => {
    await ask(router.port);
    await berth.kill();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(router.port)));
    expect(answers.every(({ status, body }) => status === 200 && body === "1")).toBe(true);
    await berth.restart();
    const after = await Promise.all(Array.from({ length: 10 }, () => both().map(ask)).flat());
    expect(after.every(({ status, body }) => status === 200 && body === "1")).toBe(true);
  }, 60_000);
});
