import { readFileSync } from "node:fs";
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

  it("are served until the end of what is under way when it is told to end", async () => {
    let failed = 0;
    let isOver = false;
    const flow = (async () => {
      while (!isOver) {
        const answer = await ask().catch((error: unknown) => String(error));
        // Nobody else takes over at this address: it refuses only once it has ended.
        if (answer.includes("ECONNREFUSED")) isOver = true;
        else if (answer !== "from api") failed += 1;
      }
    })();
    const ended = router.kill("SIGTERM").then(() => (isOver = true));
    await until("it says so to probes", async () => {
      const { body } = await router.get("127.0.0.1", "/healthz");
      return body === "ending\n";
    });
    await Promise.all([flow, ended]);
    expect(failed).toBe(0);
  });
});
