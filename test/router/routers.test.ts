import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { instancesOf } from "../support/processes.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { type RouterProcess, startRouter } from "../support/router.ts";
import { until } from "../support/until.ts";
import { startTraffic } from "./traffic.ts";

const server = (text: string) => `
  import { createServer } from "node:http";
  const server = createServer((request, response) => {
    setTimeout(() => response.end(${JSON.stringify(text)}), request.url === "/slow" ? 300 : 0);
  });
  server.on("upgrade", (request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: echo\\r\\n\\r\\n");
    socket.pipe(socket);
  });
  server.listen(process.env.PORT);
`;
const manifest = (name: string) => JSON.stringify({ name, type: "module", scripts: { start: "node server.js" } });
const sleeper = "services:\n  web:\n    command: node server.js\n    scale: { min: 0, max: 1, idle: 2s }\n";

describe("two routers and a server", () => {
  let berth: Berth;
  let routers: [RouterProcess, RouterProcess];
  const repositories: Repository[] = [];
  const doorsTo = (app: string) => routers.map((router) => (path: string) => router.get(`${app}.localhost`, path));
  const doors = () => doorsTo("notes");
  const bodies = async (app: string) =>
    await Promise.all(routers.map(async (router) => (await router.get(`${app}.localhost`)).body));

  async function make(app: string, files: Record<string, string>): Promise<Repository> {
    const repository = await makeRepository(berth, app, files);
    repositories.push(repository);
    return repository;
  }

  beforeAll(async () => {
    berth = await startBerth({ BERTH_LOG: "info" });
    routers = [await startRouter(berth), await startRouter(berth)];
    const notes = await make("notes", { "package.json": manifest("notes"), "server.js": server("one") });
    await notes.deploy();
    const naps = await make("naps", {
      "package.json": manifest("naps"),
      "server.js": server("awake"),
      "berth.yaml": sleeper,
    });
    await naps.deploy();
  });
  afterAll(async () => {
    for (const router of routers) await router.stop();
    for (const repository of repositories) repository.remove();
    await berth.stop();
  });

  it("serve what was pushed as soon as the push is over", async () => {
    expect(await bodies("notes")).toEqual(["one", "one"]);
  });

  it("fail no request during pushes and rollbacks, and show each at once", async () => {
    const [notes] = repositories;
    const traffic = startTraffic(doors());
    for (const text of ["two", "three"]) {
      notes!.write({ "server.js": server(text) });
      await notes!.commit(`Say ${text}`);
      await notes!.deploy();
      expect(await bodies("notes")).toEqual([text, text]);
    }
    for (const text of ["two", "one"]) {
      expect(await berth.rollback("notes")).toMatchObject({ state: "succeeded" });
      expect(await bodies("notes")).toEqual([text, text]);
    }
    expect(await traffic.stop()).toEqual([]);
    expect(traffic.count()).toBeGreaterThan(100);
  });

  it("have a rollback wait for one that hangs, and fail no request when it goes on", async () => {
    const traffic = startTraffic(doors());
    const [, hanging] = routers;
    process.kill(hanging.pid(), "SIGSTOP");
    let isOver = false;
    const rollback = berth.rollback("notes", 2).then((operation) => {
      isOver = true;
      return operation.state;
    });
    await sleep(1_500);
    expect((await routers[0].get("notes.localhost")).body).toBe("two");
    expect(isOver).toBe(false);
    process.kill(hanging.pid(), "SIGCONT");
    expect(await rollback).toBe("succeeded");
    expect(await bodies("notes")).toEqual(["two", "two"]);
    expect(await traffic.stop()).toEqual([]);
  });

  it("have a rollback wait no longer than five seconds, and say so of the one that hangs", async () => {
    const [, hanging] = routers;
    process.kill(hanging.pid(), "SIGSTOP");
    const { state, id } = await berth.rollback("notes", 1);
    process.kill(hanging.pid(), "SIGCONT");
    expect(state).toBe("succeeded");
    const answer = await berth.api().operations[":id"].events.$get({ param: { id }, query: {}, header: {} });
    expect(JSON.stringify(await answer.json())).toMatch(/router \S+ does not answer/);
    await until("it serves the same", async () => (await hanging.get("notes.localhost")).body === "one");
    expect(await bodies("notes")).toEqual(["one", "one"]);
  });

  it("wake a sleeping app once, however many ask through both", async () => {
    await until("naps sleeps", () => instancesOf(berth.home, "naps").length === 0);
    const doorsOfNaps = doorsTo("naps");
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => doorsOfNaps[at % 2]!("/")));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 awake"]));
    const status = await berth.status("naps");
    expect(status.services[0]!.instances.map(({ restarts }) => restarts)).toEqual([0]);
  });

  it("keep awake what only one of them has requests for", async () => {
    const endsAt = Date.now() + 4_000;
    while (Date.now() < endsAt) {
      expect((await routers[0].get("naps.localhost")).body).toBe("awake");
      await sleep(500);
    }
    const before = instancesOf(berth.home, "naps");
    expect(before).toHaveLength(1);
    await until("naps sleeps again", () => instancesOf(berth.home, "naps").length === 0);
  });

  it("bring up a release for its permalink", async () => {
    const { status, body } = await routers[1].get("notes--v2.localhost");
    expect(`${status} ${body}`).toBe("200 two");
    expect((await routers[0].get("notes--v99.localhost")).status).toBe(404);
  });

  it("pass on what is for the server: API, pushes of megabytes, and streams", async () => {
    const host = `localhost:${berth.port}`;
    const authorization = `Bearer ${berth.token()}`;
    const whoami = await routers[0].get("", "/api/v1/whoami", { host, authorization });
    expect(whoami.status).toBe(200);
    const [notes] = repositories;
    const large = Buffer.from(crypto.getRandomValues(new Uint8Array(48_000))).toString("base64");
    notes!.write({ "server.js": server("through a router"), "large.txt": large.repeat(60) });
    await notes!.commit("Say it through a router");
    const url = `http://localhost:${routers[1].port}`;
    await notes!.git("remote", "add", "router", `${url}/notes.git`);
    const login = `Authorization: Basic ${Buffer.from(`ada:${berth.token()}`).toString("base64")}`;
    const pushed = notes!.startPush("router", "main");
    expect((await pushed.done).ok).toBe(false);
    await notes!.git("config", `http.${url}/.extraHeader`, login);
    const { ok, output } = await notes!.push("router", "main");
    expect(output).toContain("live ");
    expect(ok).toBe(true);
    expect(await bodies("notes")).toEqual(["through a router", "through a router"]);
  });

  it("carry tunnels to apps", async () => {
    const asking = request({
      host: "127.0.0.1",
      port: routers[0].port,
      headers: { host: "notes.localhost", connection: "upgrade", upgrade: "echo" },
    });
    asking.end();
    const [, socket] = (await once(asking, "upgrade")) as [IncomingMessage, Socket];
    socket.write("hello");
    expect(String((await once(socket, "data"))[0])).toBe("hello");
    socket.destroy();
  });

  it("serve on while the server is killed and comes back, and wake after it", async () => {
    await until("naps sleeps", () => instancesOf(berth.home, "naps").length === 0);
    const traffic = startTraffic(doors());
    await berth.kill();
    await sleep(500);
    expect(await bodies("notes")).toEqual(["through a router", "through a router"]);
    const woken = routers[0].get("naps.localhost");
    const asked = routers[1].get("", "/api/v1/whoami", { host: `localhost:${berth.port}` });
    await sleep(500);
    await berth.restart();
    expect((await woken).body).toBe("awake");
    expect((await asked).status).toBe(401);
    const [notes] = repositories;
    notes!.write({ "server.js": server("after") });
    await notes!.commit("Say after");
    await notes!.deploy();
    expect(await bodies("notes")).toEqual(["after", "after"]);
    expect(await traffic.stop()).toEqual([]);
    expect(berth.output()).not.toContain("was silent");
  });

  it("serve by the last table when they start while the server is away", async () => {
    await berth.kill();
    await routers[0].kill();
    expect(JSON.parse(readFileSync(join(routers[0].home, "router/table.json"), "utf8"))).toMatchObject({ unread: [] });
    await routers[0].restart();
    expect(await bodies("notes")).toEqual(["after", "after"]);
    expect((await routers[0].get("127.0.0.1", "/healthz")).body).toBe("ready\n");
    await berth.restart();
    expect((await routers[0].get("notes--v2.localhost")).body).toBe("two");
  });

  it("are forgotten within five seconds of silence, and rollouts go on without them", async () => {
    await routers[1].kill();
    const since = Date.now();
    await until("the router is given up", () => berth.output().includes("was silent for 5 s"), 10_000);
    expect(Date.now() - since).toBeLessThan(6_500);
    const rollback = await berth.rollback("notes");
    expect(rollback.state).toBe("succeeded");
    expect((await routers[0].get("notes.localhost")).body).toBe("through a router");
    await routers[1].restart();
    await until("it serves again", async () => (await routers[1].get("notes.localhost")).body === "through a router");
  });

  it("finish what is in flight when they are told to end", async () => {
    const slow = routers[1].get("notes.localhost", "/slow");
    await sleep(50);
    await routers[1].kill("SIGTERM");
    expect((await slow).body).toBe("through a router");
    await until("the server knows", () => berth.output().includes("a router has ended"));
  });
});
