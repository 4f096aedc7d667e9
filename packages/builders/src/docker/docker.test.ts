import { connectEngine } from "@berth/docker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BaseImage, BuildPlan } from "@berth/core";
import type { TestFiles } from "@berth/core/testing";
import { describeWithDocker, nodeImage, openDocker, pythonImage } from "../testing/docker.ts";
import type { TestDocker } from "../testing/docker.ts";
import { openEngineProxy } from "../testing/engine-proxy.ts";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import { makeDockerBuilder } from "./builder.ts";
import { appLabel, buildLabel } from "./deps.ts";

await describeWithDocker("with Docker", () => {
  describe("builds in containers", { timeout: 180_000 }, () => {
    let docker: TestDocker;
    let node: BaseImage;
    let python: BaseImage;
    beforeAll(async () => {
      docker = await openDocker();
      [node, python] = [await docker.pin(nodeImage), await docker.pin(pythonImage)];
    }, 60_000);
    afterAll(() => docker.dispose(), 60_000);

    const run = async (plan: BuildPlan, files: TestFiles, builder = docker.builder) => {
      const sink = makeSink();
      return { result: await builder.build(makeRequest(files, plan), sink, never), told: sink.told };
    };
    const filterLabels = () => ({ [buildLabel]: docker.deps.installation });
    const filters = () => ({ label: [`${buildLabel}=${docker.deps.installation}`] });
    const containers = () => docker.engine.ask((client) => client.listContainers({ all: true, filters: filters() }));

    it("lie on their base, and say what they need to run", async () => {
      const step = makeStep({ command: { shell: "node --version > version" } });
      const plan = makePlan({
        buildImage: node,
        base: node,
        tools: { node: "24" },
        steps: [step],
        programs: ["node_modules/.bin"],
      });
      const { result } = await run(plan, { a: "based" });
      if (!result.ok) throw new Error(result.failure.message);
      const { layers, annotations, config } = await docker.images.describe(result.artifact.digest);
      const base = await docker.deps.openBase(node);
      expect(layers.slice(0, -1).map(({ digest }) => digest)).toEqual(base.layers.map(({ digest }) => digest));
      expect(annotations).toMatchObject({
        "dev.berth.base.layers": String(base.layers.length),
        "dev.berth.platform": "linux/amd64/",
        "dev.berth.tools": expect.stringMatching(/^\{"node":"24\.\d+\.\d+"\}$/),
        "org.opencontainers.image.base.digest": node.digest,
      });
      const { config: run_ }: { config: { User: string; Env: string[] } } = JSON.parse(Buffer.from(config).toString());
      expect(run_.User).toBe("1000:1000");
      expect(run_.Env.find((line) => line.startsWith("PATH="))).toMatch(/^PATH=\/app\/node_modules\/\.bin:/);
      expect(result.artifact.provenance.platform).toMatchObject({ os: "linux", libc: "glibc" });
    });

    it("have Node beside another language, out of Node's own image", async () => {
      const step = makeStep({
        command: { shell: "node --version && npm --version && pnpm --version && python3 --version && npx --version" },
      });
      const tools = { python: "3.11", node: "24", pnpm: "10" };
      const plan = makePlan({ buildImage: python, base: python, toolImages: { node }, tools, steps: [step] });
      const first = await run(plan, { a: "assets" });
      if (!first.result.ok) throw new Error([first.result.failure.message, ...first.result.failure.lines].join("\n"));
      expect(first.told.join("\n")).toMatch(/node of node:24-slim[^]*v24\.\d+\.\d+\n[^]*Python 3\.11/);
      expect(first.result.artifact.provenance.tools).toMatchObject({
        node: expect.stringMatching(/^24\./),
        python: expect.stringMatching(/^3\.11\./),
        pnpm: expect.stringMatching(/^10\./),
      });
      // Another server has to find it copied, and not copy it again.
      const again = await run(plan, { a: "assets", b: "more" }, makeDockerBuilder(docker.deps));
      expect(again.result.ok).toBe(true);
    });

    it("have tools that their image lacks, installed once", async () => {
      const step = makeStep({ command: { shell: "pnpm --version && node --version" } });
      const plan = makePlan({ buildImage: node, tools: { node: "24", pnpm: "10" }, steps: [step] });
      const first = await run(plan, { a: "pnpm" });
      expect(first.told.join("\n")).toContain("Installing pnpm 10 beside node:24-slim, once");
      expect(first.result).toMatchObject({
        ok: true,
        artifact: { provenance: { tools: { pnpm: expect.stringMatching(/^10\./) } } },
      });
      const second = await run(plan, { a: "again" }, makeDockerBuilder(docker.deps));
      expect(second.result.ok).toBe(true);
      const uv = makePlan({
        buildImage: python,
        tools: { python: "3.11", uv: "0.9" },
        steps: [makeStep({ command: { shell: "uv --version; python3 --version" } })],
      });
      const third = await run(uv, { a: "uv" });
      expect(third.result).toMatchObject({
        ok: true,
        artifact: { provenance: { tools: { uv: expect.stringMatching(/^0\.9\./) } } },
      });
    });

    it("cannot change the tools that other apps run", async () => {
      const change = makeStep({
        command: {
          shell: 'echo broken > "$(command -v pnpm)"; touch /berth-tools/left; ls -d /berth-tools/left; true',
        },
      });
      const tools = { node: "24", pnpm: "10" };
      const first = await run(makePlan({ buildImage: node, tools, steps: [change] }), { a: "change" });
      expect(first.told.join("\n")).toMatch(/read-only file system/i);
      const use = makeStep({ command: { shell: "pnpm --version && ! ls /berth-tools/left" } });
      const second = await run(makePlan({ buildImage: node, tools, steps: [use] }), { a: "use" });
      expect(second.result.ok).toBe(true);
    });

    it("that need what no registry brings fail and say so", async () => {
      const plan = makePlan({
        buildImage: node,
        tools: { ruby: "3.2" },
        steps: [makeStep({ command: { argv: ["true"] } })],
      });
      expect((await run(plan, { a: "1" })).result).toMatchObject({
        ok: false,
        failure: { step: "tools", message: "The build needs ruby 3.2, and node:24-slim has none" },
      });
    });

    it("end where they use more memory than they may", async () => {
      const limits = { memoryBytes: 64 * 2 ** 20, cpus: 1, pids: 200 };
      const builder = makeDockerBuilder({ ...docker.deps, limits });
      const step = makeStep({ command: { shell: "head -c 400000000 /dev/zero | tail" } });
      const { result } = await run(makePlan({ buildImage: node, steps: [step] }), { a: "1" }, builder);
      expect(result).toMatchObject({ ok: false, failure: { exitCode: 137, hint: expect.stringContaining("memory") } });
      await expect.poll(containers, { timeout: 10_000 }).toEqual([]);
    });

    it("have no more of root's rights than installing needs", async () => {
      const step = makeStep({
        command: {
          shell: "grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status; test -e /var/run/docker.sock && echo socket",
        },
      });
      const { told } = await run(makePlan({ buildImage: node, steps: [step] }), { a: "1" });
      expect(told).toContain("NoNewPrivs:\t1");
      expect(told.join("\n")).toMatch(/CapEff:\s*00000000000000fb/);
      expect(told).not.toContain("socket");
    });

    it("remove what a crash of Berth left, and nothing of others", async () => {
      const image = (await docker.engine.ask((client) => client.listImages({ filters: filters() })))[0]!.Id;
      const leave = (installation: string) =>
        docker.engine.ask((client) =>
          client.createContainer({ Image: image, Cmd: ["none"], Labels: { [buildLabel]: installation } }),
        );
      const [ours, others] = [await leave(docker.deps.installation), await leave(`${docker.deps.installation}other`)];
      try {
        const step = makeStep({ command: { argv: ["true"] } });
        await run(makePlan({ buildImage: node, steps: [step] }), { a: "left" }, makeDockerBuilder(docker.deps));
        await expect(docker.engine.ask((client) => client.getContainer(ours.id).inspect())).rejects.toThrow(
          "no such container",
        );
        expect((await docker.engine.ask((client) => client.getContainer(others.id).inspect())).Id).toBe(others.id);
      } finally {
        await docker.engine.ask((client) => client.getContainer(others.id).remove({ force: true }));
      }
    });

    it("are no fault of the app where the engine goes away", async () => {
      const proxy = await openEngineProxy();
      try {
        const builder = makeDockerBuilder({ ...docker.deps, engine: await connectEngine({ host: proxy.host }) });
        const step = makeStep({ command: { shell: "echo begun; sleep 600" } });
        const sink = { ...makeSink(), line: () => proxy.cut() };
        const plan = makePlan({ buildImage: node, steps: [step] });
        await expect(builder.build(makeRequest({ a: "1" }, plan), sink, never)).rejects.toMatchObject({
          code: "engine.unreachable",
        });
        const dockerfile = makePlan({ stack: "dockerfile", dockerfile: "Dockerfile" });
        await expect(
          builder.build(makeRequest({ Dockerfile: "FROM scratch" }, dockerfile), makeSink(), never),
        ).rejects.toMatchObject({
          code: "engine.unreachable",
        });
        // What was left there is removed as after a crash.
        const next = await run(
          makePlan({ buildImage: node, steps: [makeStep({ command: { argv: ["true"] } })] }),
          { a: "2" },
          makeDockerBuilder(docker.deps),
        );
        expect(next.result.ok).toBe(true);
        await expect.poll(containers, { timeout: 10_000 }).toEqual([]);
      } finally {
        await proxy.close();
      }
    });

    it("keep caches of an app until it is removed, or has built nothing for long", async () => {
      const step = makeStep({ command: { shell: "echo kept > $PIP_CACHE_DIR/note" }, caches: ["pip"] });
      const plan = makePlan({ buildImage: node, steps: [step] });
      for (const app of ["caching", "staying"]) {
        const result = await docker.builder.build(makeRequest({ a: app }, plan, { app }), makeSink(), never);
        expect(result.ok).toBe(true);
      }
      const owners = async () => {
        const { Volumes } = await docker.engine.ask((client) => client.listVolumes({ filters: filters() }));
        return Volumes.map(({ Labels }) => Labels?.[appLabel] ?? "all").sort();
      };
      expect(await owners()).toEqual(["all", "caching", "staying"]);
      await docker.builder.forget("caching");
      expect(await owners()).toEqual(["all", "staying"]);
      await docker.builder.pruneCache(Date.now() - 60_000);
      expect(await owners()).toEqual(["all", "staying"]);
      // What was shared by all before each app had its own.
      const old = { Name: `berth-build-${docker.deps.installation}-pip`, Labels: filterLabels() };
      await docker.engine.ask((client) => client.createVolume(old));
      await docker.builder.pruneCache(Date.now() + 60_000);
      expect(await owners()).toEqual(["all"]);
    });

    it("keep caches for later where the engine is away, and nothing fails for it", async () => {
      const proxy = await openEngineProxy();
      const builder = makeDockerBuilder({ ...docker.deps, engine: await connectEngine({ host: proxy.host }) });
      await proxy.close();
      await expect(builder.forget("gone")).resolves.toBeUndefined();
      await expect(builder.pruneCache(0)).resolves.toBeUndefined();
    });

    it("forget images that no build has asked for", async () => {
      await docker.builder.pruneCache(Date.now() + 60_000);
      expect(await docker.engine.ask((client) => client.listImages({ filters: filters() }))).toEqual([]);
      const step = makeStep({ command: { argv: ["true"] } });
      expect((await run(makePlan({ buildImage: node, steps: [step] }), { a: "after" })).result.ok).toBe(true);
    });
  });
});
