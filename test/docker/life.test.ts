import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { containersOf as containers, type Container } from "../support/containers.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasDocker();
const examples = join(import.meta.dirname, "../../examples");

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  it("serves a push from a container that is confined", async () => {
    const repository = await makeRepository(berth, "life-hello", join(examples, "hello"));
    await repository.deploy();
    expect((await berth.get("life-hello.localhost")).body).toContain("Hello from life-hello");
    const [container] = await containers("life-hello");
    const { HostConfig, Config } = container!;
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ["ALL"], Privileged: false });
    expect(HostConfig.SecurityOpt).toContain("no-new-privileges");
    expect(HostConfig.Memory).toBe(512 * 2 ** 20);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(Config.User).toMatch(/^\d+(:\d+)?$/);
    // It is reached by its own address, where the engine's networks are this machine's, else by a port that nobody else sees.
    expect(publishedOn(container!).filter((address) => address !== "127.0.0.1")).toEqual([]);
    repository.remove();
  }, 120_000);

  it("goes on serving while the server is away, and takes its containers up again", async () => {
    const repository = await makeRepository(berth, "life-stays", {
      "package.json": manifest("life-stays"),
      "server.js": answering("one"),
    });
    await repository.deploy();
    const before = (await containers("life-stays")).map(({ Id }) => Id);
    await berth.kill("SIGKILL");
    expect((await containers("life-stays")).map(({ Id }) => Id)).toEqual(before);
    await berth.restart();
    await until("it is served again", async () => (await berth.get("life-stays.localhost")).body === "one");
    expect((await containers("life-stays")).map(({ Id }) => Id)).toEqual(before);
    repository.write({ "server.js": answering("two") });
    await repository.commit("Say two");
    await repository.deploy();
    expect((await berth.get("life-stays.localhost")).body).toBe("two");
    expect(await berth.rollback("life-stays")).toMatchObject({ state: "succeeded" });
    expect((await berth.get("life-stays.localhost")).body).toBe("one");
    repository.remove();
  }, 120_000);

  it("runs as many containers as berth scale asks for, without a build", async () => {
    const repository = await makeRepository(berth, "life-grows", {
      "package.json": manifest("life-grows"),
      "server.js": answering("one"),
    });
    await repository.deploy();
    const { scale } = berth.api().apps[":app"].environments[":environment"];
    const param = { app: "life-grows", environment: "production" };
    const first = await containers("life-grows");
    for (const count of [2, 1]) {
      const json = { services: { web: { min: count, max: count } } };
      const operation = await (await scale.$post({ param, query: { wait: "60" }, json })).json();
      expect(operation).toMatchObject({ kind: "scale", state: "succeeded" });
      await until(`${count} run`, async () => (await containers("life-grows")).length === count);
    }
    expect((await containers("life-grows")).map(({ Id }) => Id)).toEqual(first.map(({ Id }) => Id));
    repository.remove();
  }, 120_000);

  it("starts again what has crashed, and says why", async () => {
    const repository = await makeRepository(berth, "life-falls", {
      "package.json": manifest("life-falls"),
      "server.js": `import { createServer } from "node:http";
createServer((request, response) => {
  if (request.url === "/fall") process.exit(3);
  response.end(String(process.uptime() < 1000 && process.env.HOSTNAME));
}).listen(process.env.PORT);`,
    });
    await repository.deploy();
    await berth.get("life-falls.localhost", "/fall").catch(() => null);
    await until("it serves again", async () => (await berth.get("life-falls.localhost")).status === 200);
    const { services } = await berth.status("life-falls");
    expect(services[0]!.instances[0]!.restarts).toBeGreaterThan(0);
    repository.remove();
  }, 120_000);

  it("refuses a release that does not come up, with its last lines, and leaves what is live", async () => {
    const repository = await makeRepository(berth, "life-breaks", {
      "package.json": manifest("life-breaks"),
      "server.js": answering("fine"),
    });
    await repository.deploy();
    repository.write({ "server.js": `console.error("no harbour in sight");\nprocess.exit(7);` });
    await repository.commit("Break it");
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toContain("code 7");
    expect(output).toContain("no harbour in sight");
    expect((await berth.get("life-breaks.localhost")).body).toBe("fine");
    repository.remove();
  }, 120_000);

  it("removes containers and networks with the app, and nothing else", async () => {
    const repository = await makeRepository(berth, "life-goes", {
      "package.json": manifest("life-goes"),
      "server.js": answering("here"),
    });
    await repository.deploy();
    const others = (await containers("life-hello")).map(({ Id }) => Id);
    await berth.api().apps[":app"].$delete({ param: { app: "life-goes" } });
    expect(await containers("life-goes")).toEqual([]);
    expect((await containers("life-hello")).map(({ Id }) => Id)).toEqual(others);
    repository.remove();
  }, 120_000);
});

/** The addresses of this machine that a container's ports are published on. */
function publishedOn({ NetworkSettings }: Container): string[] {
  const bindings = Object.values(NetworkSettings.Ports).flatMap((ports) => ports ?? []);
  return [...new Set(bindings.map(({ HostIp }) => HostIp))];
}
