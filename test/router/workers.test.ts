import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

/** Answers after as many milliseconds as its path says. */
const patient = `
  import { createServer } from "node:http";
  createServer((request, response) => {
    setTimeout(() => response.end("here"), Number(request.url.slice(1)) || 0);
  }).listen(process.env.PORT);
`;
const host = "many.localhost";

describe("several processes at one port", () => {
  let berth: Berth;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_WORKERS: "3", BERTH_LOG: "info" });
    repository = await makeRepository(berth, "many", { "package.json": manifest("many"), "server.js": patient });
    await repository.deploy();
  }, 60_000);
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  const pids = () => {
    const kept = readFileSync(join(berth.home, "router/workers.json"), "utf8");
    return (JSON.parse(kept) as { pid: number }[]).map(({ pid }) => pid);
  };
  const isRunning = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  /** The process that has answered: each numbers the requests it gets. */
  const answerer = async () => {
    const { status, headers } = await getAt({ address: "127.0.0.1", port: berth.port }, host, "/");
    return status === 200 ? String(headers["x-request-id"]).split("-")[0]! : `status ${status}`;
  };
  const answerers = async () => new Set(await Promise.all(Array.from({ length: 60 }, answerer)));

  it("all take requests, for apps and for the server itself", async () => {
    expect(pids()).toHaveLength(2);
    await until("all three answer", async () => (await answerers()).size === 3);
    const releases = await Promise.all(Array.from({ length: 20 }, () => berth.releases("many")));
    expect(releases.every(([first]) => first?.version === 1)).toBe(true);
    expect(await repository.push("berth", "main:second")).toMatchObject({ ok: true });
  });

  it("one that is killed is replaced, and requests at the others go on", async () => {
    const [victim, ...others] = pids();
    const agents = Array.from({ length: 12 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const at = (agent: Agent) => ({ address: "127.0.0.1", port: berth.port, agent });
    const before = await Promise.all(agents.map(async (agent) => await getAt(at(agent), host, "/")));
    const ownerOf = before.map(({ headers }) => String(headers["x-request-id"]).split("-")[0]!);
    const slow = agents.map((agent) => getAt(at(agent), host, "/1500").catch(() => null));
    process.kill(victim!, "SIGKILL");
    const answers = await Promise.all(slow);
    const hurt = new Set(ownerOf.filter((_, index) => answers[index] === null));
    const served = new Set(ownerOf.filter((_, index) => answers[index] !== null));
    // A process has lost all that it had, or nothing.
    expect([...hurt].filter((owner) => served.has(owner))).toEqual([]);
    expect(hurt.size).toBeLessThanOrEqual(1);
    for (const agent of agents) agent.destroy();
    await until("it is replaced", () => pids().length === 2 && pids().every(isRunning) && !pids().includes(victim!));
    expect(pids()).toEqual(expect.arrayContaining(others));
    await until("all three answer", async () => (await answerers()).size === 3);
  });

  it("apps are served while the server is away, and by new processes once it is back", async () => {
    const left = pids();
    await berth.kill();
    const traffic = startTraffic(berth, host);
    expect([...(await answerers())].filter((each) => each.startsWith("status"))).toEqual([]);
    expect(await traffic.stop()).toEqual([]);
    await berth.restart();
    await until("new ones have taken their place", () => !left.some(isRunning) && pids().length === 2);
    expect((await berth.releases("many"))[0]).toMatchObject({ version: 1, state: "live" });
    await until("all three answer", async () => (await answerers()).size === 3);
  }, 60_000);

  it("a sleeping app is woken once while the server is away, and is the server's again once it is back", async () => {
    const files = { "package.json": manifest("dozes"), "server.js": patient };
    const yaml = "services: { web: { scale: { min: 0, max: 1, idle: 1s } } }\n";
    const dozing = await makeRepository(berth, "dozes", { ...files, "berth.yaml": yaml });
    onTestFinished(() => dozing.remove());
    await dozing.deploy();
    const instances = async () => (await berth.status("dozes")).services[0]!.instances;
    await until("it sleeps", async () => (await instances()).length === 0);
    await berth.kill();
    const at = { address: "127.0.0.1", port: berth.port };
    const answers = await Promise.all(Array.from({ length: 20 }, () => getAt(at, "dozes.localhost", "/")));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 here"]));
    await berth.restart();
    expect((await getAt(at, "dozes.localhost", "/")).body).toBe("here");
    expect((await instances()).length).toBe(1);
    await until("it sleeps again", async () => (await instances()).length === 0);
    expect((await getAt(at, "dozes.localhost", "/")).body).toBe("here");
  }, 60_000);

  it("all end with the server", async () => {
    const last = pids();
    await berth.kill("SIGTERM");
    expect(last.some(isRunning)).toBe(false);
    await berth.restart();
  }, 30_000);
});
