import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { instancesOf, processesWith } from "../support/processes.ts";
import { makeRepository, type PushResult, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const examples = join(import.meta.dirname, "../../examples");

describe("the shop of three services", () => {
  let berth: Berth;
  let repository: Repository;
  let first: PushResult;
  const api = async () => JSON.parse((await berth.get("shop.localhost", "/api/products")).body);

  beforeAll(async () => {
    berth = await startBerth();
    repository = await makeRepository(berth, "shop", join(examples, "shop"));
    first = await repository.push();
  });
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  async function instances() {
    const { services } = await berth.status("shop");
    return Object.fromEntries(services.map(({ name, instances }) => [name, instances.map(({ id }) => id).join()]));
  }

  /** The process of each service, by its name. */
  function pids() {
    const ofShop = new Set(instancesOf(berth.home, "shop"));
    const ofService = (name: string) => processesWith("BERTH_SERVICE", name).filter((pid) => ofShop.has(pid));
    return { web: ofService("web"), api: ofService("api"), worker: ofService("worker") };
  }

  it("goes live with one push", () => {
    for (const service of ["web", "api", "worker"]) expect(first.output).toContain(`detect  ${service}  `);
    expect(first.ok).toBe(true);
  });

  it("is routed by the longest prefix on one host", async () => {
    expect((await api())[0].name).toBe("Rope, 20 m");
    expect((await berth.get("shop.localhost", "/api")).headers["content-type"]).toBe("application/json");
    expect((await berth.get("shop.localhost", "/apiary")).headers["content-type"]).toBe("text/plain; charset=utf-8");
  });

  it("lets web reach api by BERTH_URL_API", async () => {
    const { status, body } = await berth.get("shop.localhost");
    expect(status).toBe(200);
    expect(body).toContain("Rope, 20 m");
  });

  it("keeps the worker's heartbeat in its log, which reaches api too", async () => {
    for await (const { text } of berth.logs({ app: "shop", service: "worker", follow: true }))
      if (text === "worker: heartbeat, 3 products in stock") return;
    expect.unreachable();
  });

  it("neither builds nor restarts web and worker when only api changes", async () => {
    const before = await instances();
    const processes = pids();
    expect(processes).toEqual({ web: [expect.any(Number)], api: [expect.any(Number)], worker: [expect.any(Number)] });
    repository.write({ "api/products.json": JSON.stringify([{ name: "Anchor", price: 99 }]) });
    await repository.commit("Sell anchors only");
    const { ok, output } = await repository.push();
    expect(ok).toBe(true);
    expect(output).toMatch(/image +web +\S+ was built before/);
    expect(output).toMatch(/image +worker +\S+ was built before/);
    expect(output).not.toMatch(/image +api +\S+ was built before/);
    expect(output).toMatch(/start +web +unchanged, keeps running/);
    const after = await instances();
    expect(after["web"]).toBe(before["web"]);
    expect(after["worker"]).toBe(before["worker"]);
    expect(after["api"]).not.toBe(before["api"]);
    const now = pids();
    expect(now.web).toEqual(processes.web);
    expect(now.worker).toEqual(processes.worker);
  });

  it("lets the unchanged web reach the new api at the address it has always had", async () => {
    expect(await api()).toEqual([{ name: "Anchor", price: 99 }]);
    expect((await berth.get("shop.localhost")).body).toContain("Anchor");
  });

  it("goes back as one, by a flip of what changed", async () => {
    const before = await instances();
    expect(await berth.rollback("shop")).toMatchObject({ state: "succeeded" });
    expect((await berth.get("shop.localhost")).body).toContain("Rope, 20 m");
    expect((await instances())["worker"]).toBe(before["worker"]);
  });

  it("moves what another service answers when the routes change, and goes back with them", async () => {
    const yaml =
      "services:\n  web: { command: node web.js, routes: [/, /api] }\n  api: { source: api, routes: [/v2] }\n";
    await repository.git("checkout", "--quiet", "-B", "main", "HEAD~1");
    repository.write({ "berth.yaml": yaml });
    await repository.commit("Move the api");
    const { ok, output } = await repository.push();
    expect(output).toMatch(/diff +worker +ends/);
    expect(output).not.toMatch(/(image|start) +worker/);
    expect(ok).toBe(true);
    expect((await berth.get("shop.localhost", "/api/products")).headers["content-type"]).toMatch(/^text\/plain/);
    await until("the worker has ended", () => pids().worker.length === 0);
    expect(await berth.rollback("shop")).toMatchObject({ state: "succeeded" });
    expect((await api())[0].name).toBe("Rope, 20 m");
    expect(pids().worker).toHaveLength(1);
  });
});

describe("dependencies", () => {
  let berth: Berth;
  let repository: Repository;

  beforeAll(async () => {
    berth = await startBerth();
    repository = await makeRepository(berth, "notes", join(examples, "express"));
  });
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  it("are the same files in two releases with one lockfile", async () => {
    await repository.deploy();
    repository.write({ "motd.txt": "Fair winds\n" });
    await repository.commit("Wish well");
    await repository.deploy();
    const copies = filesNamed(berth.home, "node_modules/express/package.json");
    expect(copies.length).toBeGreaterThanOrEqual(2);
    const stats = copies.map((file) => statSync(file));
    expect(new Set(stats.map(({ ino }) => ino)).size).toBe(1);
    expect(stats[0]!.nlink).toBeGreaterThan(1);
  }, 90_000);
});

function filesNamed(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(`/${ending}`))
    .map((path) => join(folder, path));
}
