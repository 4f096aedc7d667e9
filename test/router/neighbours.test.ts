import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { answering, asking, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { type RouterProcess, startRouter } from "../support/router.ts";
import { until } from "../support/until.ts";

const berthYaml = `
services:
  web: { command: node web.js, routes: [/] }
  api: { command: node api.js, routes: [], health: { path: / } }
`;
/** Of this machine as 127.0.0.1 is, where the server's own router has the ports of neighbours. */
const address = "127.0.0.2";

describe("a router and neighbours", () => {
  let berth: Berth;
  let router: RouterProcess;
  let repository: Repository;
  let port: number;

  beforeAll(async () => {
    berth = await startBerth();
    router = await startRouter(berth, { BERTH_NEIGHBOURS: address });
    const files = { "package.json": manifest("near"), "berth.yaml": berthYaml, "web.js": asking("web") };
    repository = await makeRepository(berth, "near", { ...files, "api.js": answering("from api") });
    await repository.deploy();
    const { api } = JSON.parse((await berth.get("near.localhost")).body) as { api: string };
    port = Number(new URL(api).port);
  });
  afterAll(async () => {
    await router.stop();
    repository.remove();
    await berth.stop();
  });

  const ask = async () => (await getAt({ address, port }, "api", "/")).body;

  it("are served by it at the ports of its table, beside the server's own router", async () => {
    expect(await ask()).toBe("from api");
    expect((await getAt({ address: "127.0.0.1", port }, "api", "/")).body).toBe("from api");
    expect(router.output()).not.toContain("cannot be opened");
  });

  it("are served by it while the server is away, also when it starts anew by the table that it kept", async () => {
    await berth.kill();
    expect(await ask()).toBe("from api");
    await until("the table is kept", () =>
      readFileSync(join(router.home, "router/table.json"), "utf8").includes("api"),
    );
    await router.kill();
    await router.restart();
    expect((await router.get("127.0.0.1", "/healthz")).body).toBe("ready\n");
    expect(await ask()).toBe("from api");
    await berth.restart();
  });

  it("are led elsewhere by it when it is told to end, and served meanwhile", async () => {
    const agent = new Agent({ keepAlive: true });
    const before = await getAt({ address, port, agent }, "api", "/");
    expect(before.headers["connection"]).toBe("keep-alive");
    const ended = router.kill("SIGTERM");
    const isEnding = async () => (await router.get("127.0.0.1", "/healthz")).body === "ending\n";
    await until("it says so to probes", isEnding);
    const after = await getAt({ address, port, agent }, "api", "/");
    expect(after).toMatchObject({ status: 200, body: "from api", headers: { connection: "close" } });
    expect(await ask()).toBe("from api");
    await ended;
    await expect(ask()).rejects.toThrow("ECONNREFUSED");
  });
});
