import type { NeighbourGateway } from "@berth/core";
import { afterEach, expect, it } from "vitest";
import { ask, instances, run, until, untilReady, untilReason } from "../conformance/helpers.ts";
import { askInside, makeInside, runReady } from "./testing/in-container.ts";
import { listOwn, openDockerRuntime } from "./testing/open-for-test.ts";
import type { DockerUnderTest } from "./testing/open-for-test.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";

await describeWithDocker("networks of environments", (engine) => {
  let test: DockerUnderTest;
  afterEach(() => test.dispose());

  const networks = () => {
    const filters = { label: [`dev.berth.installation=${test.deps.installation}`] };
    return engine.ask((docker) => docker.listNetworks({ filters }));
  };

  it("are there while their environment runs, and are told of", async () => {
    test = await openDockerRuntime(engine);
    const { runtime } = test;
    const told: (readonly NeighbourGateway[])[] = [];
    await runtime.followGateways(async (gateways) => void told.push(gateways));
    expect(told).toEqual([[]]);
    const [live, staging] = [await makeInside(test), await makeInside(test, "inside.mjs", { environment: "staging" })];
    await runReady(runtime, live);
    await runReady(runtime, staging);
    const now = told.at(-1) ?? [];
    expect(now.map(({ environment }) => environment).sort()).toEqual(["production", "staging"]);
    for (const { address, subnet } of now)
      expect(subnet.split(".").slice(0, 3)).toEqual(address.split(".").slice(0, 3));
    expect((await networks()).map(({ Labels }) => Labels?.["dev.berth.environment"]).sort()).toEqual([
      "production",
      "staging",
    ]);
    await runtime.scale(staging.id, 0);
    await until("the network of what sleeps is gone", async () => (await networks()).length === 1);
    await until("its gateway is told to be gone", () => told.at(-1)?.length === 1);
    await runtime.scale(staging.id, 1);
    await untilReady(runtime, staging.id);
    // The same again, where nobody has taken it meanwhile.
    expect(told.at(-1)).toEqual(now);
  });

  it("are taken up by the next server, and removed where nothing is in them", async () => {
    test = await openDockerRuntime(engine, { networkLingerMs: 300 });
    const workload = await makeInside(test);
    await runReady(test.runtime, workload);
    await test.runtime.scale(workload.id, 0);
    await until("it has ended", async () => (await instances(test.runtime, workload.id)).length === 0);
    await test.runtime.close();
    expect((await networks()).length).toBe(1);
    await test.reopen();
    await until("the network is gone", async () => (await networks()).length === 0);
  });

  it("let nothing through from one environment to another", async () => {
    test = await openDockerRuntime(engine);
    const { runtime } = test;
    const [one, same, other] = [
      await makeInside(test),
      await makeInside(test, "inside.mjs", { service: "api" }),
      await makeInside(test, "inside.mjs", { environment: "staging" }),
    ];
    for (const workload of [one, same, other]) await runReady(runtime, workload);
    const { host, port } = runtime.endpoints(one.id)[0]!.endpoint;
    const url = `http://${host}:${port}/`;
    expect(await askInside(runtime, same, "/fetch", { url })).toBe('"hello"');
    expect(await askInside(runtime, other, "/fetch", { url })).not.toBe('"hello"');
    expect(await ask(runtime, one.id, "/")).toBe('"hello"');
  });

  it("go around what others have, and say when none is left", async () => {
    const range = "10.214.0.0/25";
    const foreign = { Name: `berth-test-${Date.now()}`, IPAM: { Config: [{ Subnet: "10.214.0.0/26" }] } };
    const taken = await engine.ask((docker) => docker.createNetwork(foreign));
    try {
      test = await openDockerRuntime(engine, { subnets: range });
      const workload = await makeInside(test);
      await runReady(test.runtime, workload);
      expect(test.runtime.endpoints(workload.id)[0]?.endpoint.host).toMatch(/^10\.214\.0\.(6[6-9]|[7-9]\d)$/);
      const another = await makeInside(test, "inside.mjs", { environment: "staging" });
      await expect(run(test.runtime, another)).rejects.toMatchObject({
        message: "All 2 networks for environments are taken.",
        path: "BERTH_SUBNETS",
      });
      await test.runtime.scale(another.id, 0);
    } finally {
      await taken.remove();
    }
  });

  it("may be elsewhere: then instances are reached by loopback ports", async () => {
    test = await openDockerRuntime(engine, { reach: "published" });
    const { runtime } = test;
    expect(runtime.descriptor.neighbours).toBe("none");
    expect(test.logged).toContainEqual(expect.stringMatching(/^warn: The networks of the Docker engine are not/));
    const workload = await makeInside(test);
    await runReady(runtime, workload);
    const { endpoint } = runtime.endpoints(workload.id)[0]!;
    expect(endpoint.host).toBe("127.0.0.1");
    expect(await ask(runtime, workload.id, "/")).toBe('"hello"');
    const [{ Id } = { Id: "" }] = await listOwn(engine, test.deps.installation);
    const { NetworkSettings } = await engine.ask((docker) => docker.getContainer(Id).inspect());
    expect(NetworkSettings.Ports).toEqual({ "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: String(endpoint.port) }] });
    const alone = await makeInside(test, "own-loopback.mjs", {
      service: "alone",
      health: { path: "/", timeoutMs: 1_000 },
    });
    await run(runtime, alone);
    await untilReason(runtime, alone.id, /^it listens on 127\.0\.0\.1 only/);
  });
});
