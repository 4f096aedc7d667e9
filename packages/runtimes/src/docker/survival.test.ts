import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEngine } from "@berth/docker";
import { afterEach, describe, expect, it } from "vitest";
import {
  appFolder,
  ask,
  instances,
  makeTestWorkload,
  originOf,
  readTail,
  run,
  until,
  untilLogged,
  untilReady,
} from "../conformance/helpers.ts";
import { startDockerRuntime } from "./runtime.ts";
import { makeInside, runReady } from "./testing/in-container.ts";
import { imageNames, listOwn, openDockerRuntime } from "./testing/open-for-test.ts";
import type { DockerUnderTest } from "./testing/open-for-test.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";

/** A socket in front of an engine that can be cut. */
async function makeCuttable(
  target: string,
): Promise<{ path: string; cut(): void; restore(): Promise<void>; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "berth-cut-"));
  const path = join(folder, "docker.sock");
  const sockets = new Set<Socket>();
  let server: Server;
  const restore = () =>
    new Promise<void>((resolve) => {
      server = createServer({ allowHalfOpen: true }, (client) => {
        const engine = connect({ path: target, allowHalfOpen: true });
        for (const [one, other] of [
          [client, engine],
          [engine, client],
        ] as const) {
          sockets.add(one);
          one.pipe(other);
          one.on("error", () => other.destroy());
          one.on("close", () => (sockets.delete(one), other.destroy()));
        }
      });
      server.listen(path, resolve);
    });
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await restore();
  return { path, cut, restore, dispose: async () => (cut(), rm(folder, { recursive: true, force: true })) };
}

await describeWithDocker("the docker runtime", (engine) => {
  const open: DockerUnderTest[] = [];
  afterEach(async () => {
    for (const test of open.splice(0)) await test.dispose();
  });
  const openTest = async (...args: Parameters<typeof openDockerRuntime>) => {
    const test = await openDockerRuntime(...args);
    open.push(test);
    return test;
  };
  const logLines = async (test: DockerUnderTest, id: string) =>
    (await readTail(test.runtime, id, 100_000)).flatMap(({ text }) => /^line (\d+)$/.exec(text)?.[1] ?? []).map(Number);

  describe("whose engine goes away and comes back", () => {
    const socket = engine.address?.kind === "socket" ? engine.address.path : null;

    it.skipIf(socket === null)("serves on, says so, and drives to what was asked for meanwhile", async () => {
      const front = await makeCuttable(socket!);
      try {
        const through = await connectEngine({ host: `unix://${front.path}` });
        const test = await openTest(through);
        const { runtime } = test;
        const workload = await makeInside(test);
        await runReady(runtime, workload);
        const [{ endpoint, instance } = { endpoint: { host: "", port: 0 }, instance: "" }] = runtime.endpoints(
          workload.id,
        );
        front.cut();
        await until("it was noticed", () =>
          test.logged.some((line) => line.startsWith("warn: The Docker engine has gone")),
        );
        expect(runtime.endpoints(workload.id)).toEqual([{ instance, endpoint }]);
        expect(await (await fetch(`${originOf(endpoint)}/`)).text()).toBe('"hello"');
        await expect(runtime.observe()).rejects.toMatchObject({ code: "engine.unreachable" });
        await expect(runtime.scale(workload.id, 2)).rejects.toMatchObject({ code: "engine.unreachable" });
        await fetch(`${originOf(endpoint)}/count?from=0&to=500`);
        await fetch(`${originOf(endpoint)}/exit?code=4`).catch(() => {});
        await front.restore();
        const all = await until("two are ready", async () => {
          const found = await instances(runtime, workload.id).catch(() => []);
          return found.length === 2 && found.every(({ state }) => state === "ready") ? found : null;
        });
        expect(all.find(({ id }) => id === instance)).toMatchObject({ restarts: 1, lastExit: { code: 4 } });
        expect(await logLines(test, workload.id)).toEqual(Array.from({ length: 500 }, (_, n) => n));
        await test.dispose();
        open.length = 0;
      } finally {
        await front.dispose();
      }
    });
  });

  describe("that is started again", () => {
    it("goes on with logs where it was, without a gap or a line twice", async () => {
      const test = await openTest(engine);
      const workload = await makeInside(test, "counts.mjs", { service: "worker", health: null });
      await runReady(test.runtime, workload);
      for (let round = 0; round < 3; round += 1) {
        const before = (await logLines(test, workload.id)).length;
        await test.reopen();
        await until("it goes on", async () => (await logLines(test, workload.id)).length > before + 200);
      }
      await test.runtime.scale(workload.id, 0);
      await until("it has ended", async () => (await instances(test.runtime, workload.id)).length === 0);
      const lines = await logLines(test, workload.id);
      expect(lines).toEqual(lines.map((_, index) => index));
      const texts = (await readTail(test.runtime, workload.id, 10)).map(({ text }) => text);
      expect(texts).toContain(`counted ${lines.length}`);
    });

    it("takes up what has ended meanwhile, with the last it wrote", async () => {
      const test = await openTest(engine);
      const workload = await makeInside(test);
      await runReady(test.runtime, workload);
      const { endpoint } = test.runtime.endpoints(workload.id)[0]!;
      await test.runtime.close();
      await fetch(`${originOf(endpoint)}/count?from=0&to=100`);
      await fetch(`${originOf(endpoint)}/exit?code=5`).catch(() => {});
      const runtime = await test.reopen();
      await untilLogged(runtime, workload.id, "exited with code 5");
      expect(await logLines(test, workload.id)).toEqual(Array.from({ length: 100 }, (_, n) => n));
      const [instance] = await until("it was started again", async () => {
        const all = await instances(runtime, workload.id);
        return all[0]?.state === "ready" ? all : null;
      });
      expect(instance).toMatchObject({ restarts: 1, lastExit: { code: 5 } });
      const ends = (await readTail(runtime, workload.id)).filter(({ text }) => text === "exited with code 5");
      expect(ends.length).toBe(1);
    });

    it("removes what a start that was broken off has left", async () => {
      const test = await openTest(engine);
      const workload = await makeInside(test);
      await runReady(test.runtime, workload);
      const [{ Id } = { Id: "" }] = await listOwn(engine, test.deps.installation);
      const { Config } = await engine.ask((docker) => docker.getContainer(Id).inspect());
      const half = {
        Image: Config.Image,
        Cmd: ["node"],
        Labels: { ...Config.Labels, "dev.berth.instance": "web-half" },
      };
      await engine.ask((docker) => docker.createContainer(half));
      await test.reopen();
      expect((await listOwn(engine, test.deps.installation)).map((one) => one.Id)).toEqual([Id]);
    });
  });

  describe("whose things others touch", () => {
    it("starts again what was killed or removed by hand", async () => {
      const test = await openTest(engine);
      const workload = await makeInside(test);
      await runReady(test.runtime, workload);
      const container = async () => (await listOwn(engine, test.deps.installation))[0]?.Id ?? "";
      const first = await container();
      await engine.ask((docker) => docker.getContainer(first).kill());
      await untilLogged(test.runtime, workload.id, "was killed by SIGKILL");
      await until("it was started again", async () => (await instances(test.runtime, workload.id))[0]?.restarts === 1);
      await untilReady(test.runtime, workload.id);
      const second = await container();
      await engine.ask((docker) => docker.getContainer(second).remove({ force: true, v: true }));
      await until("another is there", async () => {
        const id = await container();
        return id !== "" && id !== second;
      });
      await untilReady(test.runtime, workload.id);
      expect(await ask(test.runtime, workload.id, "/")).toBe('"hello"');
    });

    it("gives the engine an image again that was removed, and makes a network that is gone", async () => {
      const test = await openTest(engine);
      // An image that no other test has.
      const config = { Labels: { test: test.deps.installation } };
      const workload = await makeInside(test, "inside.mjs", {}, { config });
      await runReady(test.runtime, workload);
      await test.runtime.scale(workload.id, 0);
      const filters = { label: [`dev.berth.installation=${test.deps.installation}`] };
      const networks = () => engine.ask((docker) => docker.listNetworks({ filters }));
      await until("its network is gone", async () => (await networks()).length === 0);
      const [name = ""] = await imageNames(engine, test.deps.installation);
      await engine.ask((docker) => docker.getImage(name).remove({ force: true }));
      await test.runtime.scale(workload.id, 1);
      await untilReady(test.runtime, workload.id);
      expect((await networks()).length).toBe(1);
    });

    it("leaves other installations and strangers alone when it removes all it has made", async () => {
      const [one, other] = [await openTest(engine), await openTest(engine)];
      const workload = await makeInside(one);
      await runReady(one.runtime, workload);
      const same = await makeInside(other);
      await runReady(other.runtime, same);
      expect(same.id).toBe(workload.id);
      const [Image = ""] = await imageNames(engine, one.deps.installation);
      const stranger = await engine.ask((docker) => docker.createContainer({ Image, Cmd: ["node"] }));
      try {
        await one.runtime.shutdown();
        expect(await one.remains()).toBe(0);
        expect(await ask(other.runtime, same.id, "/")).toBe('"hello"');
        expect((await engine.ask((docker) => docker.getContainer(stranger.id).inspect())).State.Status).toBe("created");
        const filters = { label: [`dev.berth.installation=${one.deps.installation}`] };
        expect(await engine.ask((docker) => docker.listNetworks({ filters }))).toEqual([]);
      } finally {
        await stranger.remove();
      }
    });
  });

  it("refuses an engine of another machine, where nothing could reach its instances", async () => {
    const test = await openTest(engine);
    const remote = {
      ...engine,
      isLocal: false,
      address: { kind: "tcp", host: "192.0.2.7", port: 2375, isSecure: false },
    } as const;
    await expect(startDockerRuntime({ ...test.deps, engine: remote })).rejects.toMatchObject({
      code: "settings.invalid",
      message: "The Docker engine at tcp://192.0.2.7:2375 is on another machine.",
    });
  });

  it("bounds the log of what writes without end, and loses nothing of its end", async () => {
    const test = await openTest(engine);
    const workload = makeTestWorkload(await test.makeImage(appFolder), "flood.mjs", {
      service: "worker",
      health: null,
    });
    await run(test.runtime, workload);
    await untilLogged(test.runtime, workload.id, "has written all");
    const folder = join(test.deps.home, "logs/shop/production/worker", workload.id);
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(12 * 2 ** 20);
  });
});
