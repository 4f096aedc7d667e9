import { afterAll, beforeAll, expect, it } from "vitest";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { answering, asking, manifest, smallService } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();

const berthYaml = `
services:
  web: { command: node web.js, routes: [/], resources: { cpu: 20m } }
  api: { command: node api.js, routes: [/api], health: { path: /name }, resources: { cpu: 20m } }
  sleepy: { command: node sleepy.js, routes: [], health: { path: / }, scale: { min: 0, idle: 1s }, resources: { cpu: 20m } }
`;

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  const repositories: Repository[] = [];
  beforeAll(async () => {
    on = await startOnCluster();
    const files = { "web.js": asking("web"), "api.js": asking("api"), "sleepy.js": answering("awake") };
    await push("near-pods", { "berth.yaml": berthYaml, ...files });
    await push("far-pods", { "server.js": asking("far"), "berth.yaml": smallService });
  }, 180_000);
  afterAll(async () => {
    for (const repository of repositories) repository.remove();
    await on.stop();
  }, 60_000);

  async function push(app: string, files: Record<string, string>): Promise<void> {
    const repository = await makeRepository(on.berth, app, { "package.json": manifest(app), ...files });
    repositories.push(repository);
    await repository.deploy();
  }

  const read = async (app: string, path: string) => (await on.berth.get(`${app}.localhost`, path)).body;
  const ask = (app: string, url: string, from = "") => read(app, `${from}/ask?url=${encodeURIComponent(url)}`);

  it("services call each other by names that need no port, through the router", async () => {
    expect(JSON.parse(await read("near-pods", "/"))).toEqual({ api: "http://api" });
    expect(await ask("near-pods", "http://api/name")).toBe("api");
    expect(await ask("near-pods", "http://web/name", "/api")).toBe("web");
  }, 60_000);

  it("a service that sleeps is woken by its neighbour", async () => {
    await until(
      "it sleeps",
      async () => {
        const { services } = await on.berth.status("near-pods");
        return services.find(({ name }) => name === "sleepy")?.instances.length === 0;
      },
      60_000,
    );
    expect(await ask("near-pods", "http://sleepy/")).toBe("awake");
  }, 120_000);

  it("services of another environment are reached neither by name nor at the addresses of their pods", async () => {
    const pods = await on.pods("near-pods");
    const address = pods.find(({ metadata }) => metadata.labels?.["dev.berth/service"] === "api")?.status?.podIP;
    expect(await ask("near-pods", `http://${address}:8080/name`)).toBe("api");
    expect(await ask("far-pods", `http://${address}:8080/name`)).toMatch(/^failed: /);
    expect(await ask("far-pods", "http://api/name")).toMatch(/^failed: /);
  }, 120_000);
});
