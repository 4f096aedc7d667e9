import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { docker } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { answering, askFunction, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasDocker();

/** Asks for the address it is told, from inside its container, and tells what came of it. */
const asking = `
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

${askFunction}
createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname === "/api") return response.end(await ask(process.env.BERTH_URL_API));
  if (pathname === "/ask") return response.end(await ask(searchParams.get("url")));
  response.end(JSON.stringify({ url: process.env.BERTH_URL_API ?? null, hosts: readFileSync("/etc/hosts", "utf8") }));
}).listen(process.env.PORT);
`;

const berthYaml = `
services:
  web: { command: node server.js, routes: [/] }
  api: { command: node api.js, routes: [], health: { path: / }, scale: { min: 0, idle: 1s } }
`;

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  const repositories: Repository[] = [];
  const push = async (app: string, files: Record<string, string>) => {
    const repository = await makeRepository(berth, app, { "package.json": manifest(app), ...files });
    repositories.push(repository);
    await repository.deploy();
    return repository;
  };
  const read = async (app: string, path: string) => (await berth.get(`${app}.localhost`, path)).body;
  /** Where the environment of near-shop reaches its neighbours now. */
  const gatewayOfShop = async () => {
    const { url, hosts } = JSON.parse(await read("near-shop", "/"));
    return { url, gateway: /^(\S+)\s+api$/m.exec(hosts)?.[1] ?? "", port: new URL(url).port };
  };

  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    await push("near-shop", { "berth.yaml": berthYaml, "server.js": asking, "api.js": answering("from api") });
    await push("near-other", { "server.js": asking });
  }, 180_000);
  afterAll(async () => {
    for (const repository of repositories) repository.remove();
    await berth.stop();
  }, 60_000);

  const sleeps = async (service: string) => {
    const { services } = await berth.status("near-shop");
    return services.find(({ name }) => name === service)?.instances.length === 0;
  };

  it("reach each other by name, and wake what sleeps", async () => {
    const { url } = await gatewayOfShop();
    expect(url).toMatch(/^http:\/\/api:\d+$/);
    await until("api sleeps", () => sleeps("api"));
    expect(await read("near-shop", "/api")).toBe("from api");
  }, 60_000);

  it("are reached by nobody of another environment, who finds the way to their address", async () => {
    const { gateway, port } = await gatewayOfShop();
    const address = `http://${gateway}:${port}/`;
    expect(await read("near-shop", `/ask?url=${encodeURIComponent(address)}`)).toBe("from api");
    expect(await read("near-other", `/ask?url=${encodeURIComponent(address)}`)).toMatch(/^failed: /);
    // Nor by programs of this machine.
    await expect(fetch(address)).rejects.toThrow("fetch failed");
  }, 60_000);

  it("keep their URL when their network is made anew", async () => {
    const before = await gatewayOfShop();
    const list = () => docker("network", "ls", "--quiet", "--filter", "label=dev.berth.app=near-shop");
    await berth.kill("SIGINT");
    expect(await list()).toBe("");
    await berth.restart();
    await until("it serves again", async () => (await read("near-shop", "/api")) === "from api");
    expect((await gatewayOfShop()).url).toBe(before.url);
    expect(await list()).not.toBe("");
  }, 60_000);
});
