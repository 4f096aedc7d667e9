import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { docker } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";
import { startTraffic } from "./traffic.ts";

const { isThere, reason } = await hasDocker();

/** Says who it is: each start of it draws a name. */
const server = `
  import { createServer } from "node:http";
  import { randomUUID } from "node:crypto";
  const name = randomUUID();
  createServer((request, response) => response.end(name)).listen(process.env.PORT);
`;
const app = "boxed-dozer";
const host = `${app}.localhost`;

describeWith("several processes at one port, and apps in containers", isThere, reason, () => {
  let berth: Berth;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_WORKERS: "3", BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    const yaml = "services: { web: { scale: { min: 0, max: 1, idle: 3s } } }\n";
    const files = { "package.json": manifest(app), "server.js": server, "berth.yaml": yaml };
    repository = await makeRepository(berth, app, files);
    await repository.deploy();
  }, 120_000);
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  }, 60_000);

  const list = async (state: string) =>
    (
      await docker("ps", "--all", "--quiet", "--filter", `label=dev.berth.app=${app}`, "--filter", `status=${state}`)
    ).split("\n");
  const instances = async () => (await berth.status(app)).services[0]!.instances;
  /** Its container is ready to be started, and nothing of it runs. */
  const untilAsleep = async () => {
    await until("it sleeps", async () => (await instances()).length === 0);
    return await until("a container is made ahead", async () => {
      const [[made], [running]] = await Promise.all([list("created"), list("running")]);
      return made !== "" && running === "" ? made : null;
    });
  };

  it("a sleeping app is woken once while the server is away, and is the server's again once it is back", async () => {
    const made = await untilAsleep();
    await berth.kill();
    const at = { address: "127.0.0.1", port: berth.port };
    const answers = await Promise.all(Array.from({ length: 20 }, () => getAt(at, host, "/")));
    const names = new Set(answers.map(({ status, body }) => `${status} ${body}`));
    expect(names.size).toBe(1);
    const name = answers[0]!.body;
    expect(answers[0]!.status).toBe(200);
    expect(await list("running")).toEqual([made]);
    const doors = [(path: string) => getAt(at, host, path).then((answer) => (heard.add(answer.body), answer))];
    const heard = new Set<string>();
    const traffic = startTraffic(doors, ["/"]);
    await berth.restart();
    await until("the server counts it as its own", async () => (await instances())[0]?.state === "ready");
    expect(await traffic.stop()).toEqual([]);
    // The very one that was started goes on.
    expect(heard).toEqual(new Set([name]));
    expect(await list("running")).toEqual([made]);
    expect((await instances()).length).toBe(1);
    const wakes = berth.api().apps[":app"].environments[":environment"].wakes;
    const kept = await wakes.$get({
      param: { app, environment: "production" },
      query: { service: "web", limit: "100" },
    });
    const { items } = await kept.json();
    expect(items).toMatchObject([{ state: "succeeded", workload: expect.any(String), cause: { kind: "request" } }]);
    expect(items[0]!.phases.map(({ phase }) => phase)).toEqual(["queue", "create", "start", "ready"]);
    expect(await untilAsleep()).not.toBe(made);
    expect((await getAt(at, host, "/")).status).toBe(200);
  }, 120_000);

  it("one that ends while the server is away is woken anew", async () => {
    const made = await untilAsleep();
    await berth.kill();
    const at = { address: "127.0.0.1", port: berth.port };
    const first = await getAt(at, host, "/");
    expect(first.status).toBe(200);
    await docker("kill", made!);
    const next = await until("it answers again", async () => {
      const answer = await getAt(at, host, "/");
      return answer.status === 200 ? answer : null;
    });
    expect(next!.body).not.toBe(first.body);
    await berth.restart();
  }, 120_000);

  it("nothing is left of it when Berth ends with its apps", async () => {
    await untilAsleep();
    await berth.kill("SIGINT");
    expect(await docker("ps", "--all", "--quiet", "--filter", `label=dev.berth.app=${app}`)).toBe("");
    await berth.restart();
  }, 120_000);
});
