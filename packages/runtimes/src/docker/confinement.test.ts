import type { IdentifiedWorkload } from "@berth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, makeTestWorkload, run, until, instances, untilReady, untilReason } from "../conformance/helpers.ts";
import { askInside, insideFolder, makeInside, runReady } from "./testing/in-container.ts";
import { openDockerRuntime } from "./testing/open-for-test.ts";
import type { DockerUnderTest } from "./testing/open-for-test.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";

await describeWithDocker("an instance in a container", (engine) => {
  let test: DockerUnderTest;
  let workload: IdentifiedWorkload;
  const inside = (path: string, query?: Record<string, string>) => askInside(test.runtime, workload, path, query);
  const inspect = async () => {
    const [{ Id } = { Id: "" }] = await engine.ask((docker) =>
      docker.listContainers({ filters: { label: [`dev.berth.workload=${workload.id}`] } }),
    );
    return engine.ask((docker) => docker.getContainer(Id).inspect());
  };

  beforeAll(async () => {
    test = await openDockerRuntime(engine);
    const resources = { cpuMillis: 500, memoryBytes: 128 * 2 ** 20 };
    workload = await makeInside(test, "inside.mjs", { resources }, { writable: ["data"] });
    await runReady(test.runtime, workload);
  });
  afterAll(() => test.dispose());

  it("runs as the image's user, below an init process, without capabilities or a way to new ones", async () => {
    expect(await inside("/identity")).toMatchObject({ uid: 1_000, gid: 1_000, parent: 1 });
    const status = String(await inside("/status"));
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      expect(status).toMatch(new RegExp(`${set}:\\s0+\\n`));
    expect(status).toMatch(/NoNewPrivs:\s1\n/);
    expect(status).toMatch(/Seccomp:\s2\n/);
  });

  it("writes to its folders and to /tmp, and nowhere else", async () => {
    expect(await inside("/write", { path: "/app/inside.mjs" })).toBe("EROFS");
    expect(await inside("/write", { path: "/etc/mine" })).toBe("EROFS");
    expect(await inside("/write", { path: "/tmp/mine" })).toBe("written");
    expect(await inside("/read", { path: "/app/data/first" })).toBe("from the image");
    expect(await inside("/write", { path: "/app/data/mine" })).toBe("written");
  });

  it("is stopped though its image asks for a signal that there is none of", async () => {
    const options = { config: { StopSignal: "99" } };
    const stubborn = await makeInside(test, "inside.mjs", { service: "stubborn", stopGraceMs: 500 }, options);
    await runReady(test.runtime, stubborn);
    await test.runtime.remove(stubborn.id);
    expect(await instances(test.runtime, stubborn.id)).toEqual([]);
  });

  it("cannot fill the machine's memory through /tmp", async () => {
    expect(await inside("/fill", { path: "/tmp/big", mib: "65" })).toBe("ENOSPC");
    expect(await ask(test.runtime, workload.id, "/")).toBe('"hello"');
  });

  it("has the limits of its workload, that of the processor once it is ready", async () => {
    const { HostConfig } = await until("it is limited", async () => {
      const info = await inspect();
      return (info.HostConfig.NanoCpus ?? 0) > 0 ? info : null;
    });
    expect(HostConfig).toMatchObject({
      NanoCpus: 500_000_000,
      Memory: 128 * 2 ** 20,
      MemorySwap: 128 * 2 ** 20,
      PidsLimit: 1_024,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      Privileged: false,
      RestartPolicy: { Name: "no" },
    });
    expect(HostConfig.SecurityOpt).toContain("no-new-privileges");
  });

  it("publishes nothing, and is reached at its own address", async () => {
    const { HostConfig, NetworkSettings } = await inspect();
    expect({ ...HostConfig.PortBindings, ...NetworkSettings.Ports }).toEqual({});
    expect(test.runtime.endpoints(workload.id)[0]?.endpoint).toMatchObject({
      host: expect.stringMatching(/^10\.213\./),
      port: 8_080,
    });
  });

  it("takes its folders with it", async () => {
    const { Mounts } = await inspect();
    const volume = Mounts.find(({ Destination }) => Destination === "/app/data")?.Name ?? "";
    expect(volume).not.toBe("");
    await test.runtime.scale(workload.id, 0);
    await until("it has ended", async () => (await instances(test.runtime, workload.id)).length === 0);
    await expect(engine.ask((docker) => docker.getVolume(volume).inspect())).rejects.toMatchObject({ statusCode: 404 });
    await test.runtime.scale(workload.id, 1);
    await untilReady(test.runtime, workload.id);
    expect(await inside("/list", { path: "/app/data" })).toEqual(["first"]);
  });

  it("has the names of its neighbours, as far as Berth made their variables", async () => {
    const env = { BERTH_URL_API: "http://api:30001", BERTH_URL_MAIL: "https://mail.example", OTHER: "http://other:1" };
    const named = await makeInside(test, "inside.mjs", { service: "named", env });
    await runReady(test.runtime, named);
    const hosts = String(await askInside(test.runtime, named, "/read", { path: "/etc/hosts" }));
    expect(hosts).toMatch(/^10\.213\.\d+\.\d+\s+api$/m);
    expect(hosts).not.toMatch(/mail|other/);
  });

  describe("that does not come up", () => {
    const health = { path: "/", timeoutMs: 1_000 };

    it("is told to listen on more than its own loopback", async () => {
      const one = await makeInside(test, "own-loopback.mjs", { service: "alone", health });
      await run(test.runtime, one);
      expect(
        await untilReason(
          test.runtime,
          one.id,
          /^it listens on 127\.0\.0\.1 only; it should listen on 0\.0\.0\.0, port \$PORT \(8080\)$/,
        ),
      ).toMatchObject({ workload: one.id });
    });

    it("is told where it may not write", async () => {
      const one = await makeInside(test, "reads-only.mjs", { service: "writes" });
      await run(test.runtime, one);
      expect(
        await untilReason(
          test.runtime,
          one.id,
          /^it exited with code 1: it may not write to \/app\/cache\.txt, which is read-only/,
        ),
      ).toMatchObject({ workload: one.id });
    });

    it("is told that its program is not executable", async () => {
      const image = await test.makeImage(insideFolder);
      const one = makeTestWorkload(image, "", { service: "plain", command: { argv: ["./counts.mjs"] } });
      await run(test.runtime, one);
      expect(
        await untilReason(test.runtime, one.id, /^it could not be started: ".\/counts.mjs" is not executable$/),
      ).toMatchObject({ workload: one.id });
    });
  });

  it("listens on the one port its image says, or on the one berth.yaml says", async () => {
    const config = { ExposedPorts: { "3000/tcp": {}, "53/udp": {} }, Cmd: ["node", "inside.mjs"] };
    const image = await test.makeImage(insideFolder, { config });
    // Without a command of its own it starts what the image says.
    const own = { command: { argv: [] } };
    const exposed = makeTestWorkload(image, "", { ...own, service: "exposed" });
    const told = makeTestWorkload(image, "", { ...own, service: "told", env: { PORT: "4567" } });
    await runReady(test.runtime, exposed);
    await runReady(test.runtime, told);
    const portOf = ({ id }: IdentifiedWorkload) => test.runtime.endpoints(id)[0]?.endpoint.port;
    expect([portOf(exposed), portOf(told)]).toEqual([3_000, 4_567]);
  });
});
