import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { instancesOf, runs } from "../support/processes.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";
import { workerPids } from "../support/workers.ts";

/** Answers after as many milliseconds as its path says; an answer to /hold has no end. */
const patient = `
  import { createServer } from "node:http";
  createServer((request, response) => {
    if (request.url === "/hold") return response.flushHeaders();
    setTimeout(() => response.end("here"), Number(request.url.slice(1)) || 0);
  }).listen(process.env.PORT);
`;
const host = "many.localhost";
/** Processes start and end meanwhile, on a machine that may have much else to do. */
const patienceMs = 120_000;

/** A request that is being answered for as long as its process runs, or its agent is there. */
function hold(port: number, agent: Agent): Promise<{ isOver(): boolean }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/hold", headers: { host }, agent }, (response) => {
      let isOver = false;
      response.on("error", () => undefined).on("close", () => (isOver = true));
      response.resume();
      resolve({ isOver: () => isOver });
    });
    asked.on("error", reject).end();
  });
}

describe("several processes at one port", () => {
  let berth: Berth;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_WORKERS: "3", BERTH_LOG: "info" });
    repository = await makeRepository(berth, "many", { "package.json": manifest("many"), "server.js": patient });
    await repository.deploy();
  }, 300_000);
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  const pids = () => workerPids(berth.home);
  const door = () => ({ address: "127.0.0.1", port: berth.port });
  /** The process that has answered: each numbers the requests it gets. */
  const answererOf = ({ status, headers }: Awaited<ReturnType<typeof getAt>>) =>
    status === 200 ? String(headers["x-request-id"]).split("-")[0]! : `status ${status}`;
  const answerers = async () =>
    new Set((await Promise.all(Array.from({ length: 60 }, () => getAt(door(), host, "/")))).map(answererOf));
  const untilAllAnswer = () => until("all three answer", async () => (await answerers()).size === 3, patienceMs);

  it("all take requests, for apps and for the server itself", async () => {
    expect(pids()).toHaveLength(2);
    await untilAllAnswer();
    const releases = await Promise.all(Array.from({ length: 20 }, () => berth.releases("many")));
    expect(releases.every(([first]) => first?.version === 1)).toBe(true);
    expect(await repository.push("berth", "main:second")).toMatchObject({ ok: true });
  });

  it("one that is killed is replaced, and requests at the others go on", async () => {
    const agents = Array.from({ length: 24 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    onTestFinished(() => agents.forEach((agent) => agent.destroy()));
    const ask = (agent: Agent, path: string) => getAt({ ...door(), agent }, host, path);
    const ownerOf = await Promise.all(agents.map(async (agent) => answererOf(await ask(agent, "/"))));
    expect(new Set(ownerOf).size).toBe(3);
    const held = await Promise.all(agents.map((agent) => hold(berth.port, agent)));
    const [victim, ...others] = pids();
    process.kill(victim!, "SIGKILL");
    const ownersOfOver = () => ownerOf.filter((_, at) => held[at]!.isOver());
    await until("those of one process have ended", () => ownersOfOver().length > 0, patienceMs);
    const [lost] = ownersOfOver();
    const ofLost = ownerOf.filter((owner) => owner === lost);
    await until("all of them have", () => ownersOfOver().length >= ofLost.length, patienceMs);
    const isReplaced = () => pids().length === 2 && pids().every(runs) && !pids().includes(victim!);
    await until("it is replaced", isReplaced, patienceMs);
    expect(pids()).toEqual(expect.arrayContaining(others));
    expect(ownersOfOver()).toEqual(ofLost);
    await untilAllAnswer();
  });

  it("apps are served while the server is away, and by new processes once it is back", async () => {
    const left = pids();
    await berth.kill();
    const traffic = startTraffic(berth, host);
    expect([...(await answerers())].filter((each) => each.startsWith("status"))).toEqual([]);
    expect(await traffic.stop()).toEqual([]);
    await berth.restart();
    await until("new ones have taken their place", () => !left.some(runs) && pids().length === 2, patienceMs);
    expect((await berth.releases("many"))[0]).toMatchObject({ version: 1, state: "live" });
    await untilAllAnswer();
  }, 300_000);

  it("a sleeping app is woken once while the server is away, and is the server's again once it is back", async () => {
    const files = { "package.json": manifest("dozes"), "server.js": patient };
    const yaml = "services: { web: { scale: { min: 0, max: 1, idle: 1s } } }\n";
    const dozing = await makeRepository(berth, "dozes", { ...files, "berth.yaml": yaml });
    onTestFinished(() => dozing.remove());
    await dozing.deploy();
    const instances = () => instancesOf(berth.home, "dozes");
    const ask = async () => (await getAt(door(), "dozes.localhost", "/")).body;
    const sleeps = async () => (await berth.status("dozes")).services[0]!.instances.length === 0;
    await until("it sleeps", async () => (await sleeps()) && instances().length === 0, patienceMs);
    await berth.kill();
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(new Set(answers)).toEqual(new Set(["here"]));
    expect(instances()).toHaveLength(1);
    await berth.restart();
    const route = berth.api().apps[":app"].environments[":environment"].wakes;
    const list = await route.$get({
      param: { app: "dozes", environment: "production" },
      query: { service: "web", limit: "100" },
    });
    const alone = (await list.json()).items.at(-1)!;
    expect(alone).toMatchObject({ state: "succeeded", service: "web", cause: { kind: "request" } });
    expect(alone.phases.map(({ phase }) => phase)).toEqual(expect.arrayContaining(["queue", "create", "ready"]));
    expect(await ask()).toBe("here");
    await until("it sleeps again", sleeps, patienceMs);
    expect(await ask()).toBe("here");
    expect((await berth.status("dozes")).services[0]!.wakes).toMatchObject({ count: expect.any(Number) });
  }, 300_000);

  it("all end with the server", async () => {
    const last = pids();
    await berth.kill("SIGTERM");
    expect(last.some(runs)).toBe(false);
    await berth.restart();
  }, 300_000);
});
