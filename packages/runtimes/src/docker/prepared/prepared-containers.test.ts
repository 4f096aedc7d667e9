import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { IdentifiedWorkload } from "@berth/core";
import { afterEach, expect, it } from "vitest";
import { ask, instances, observed, readTail, run, until, untilLogged, untilReady } from "../../conformance/helpers.ts";
import { label } from "../names.ts";
import { makeInside, runReady } from "../testing/in-container.ts";
import { imageNames, isPrepared, listOwn, openDockerRuntime } from "../testing/open-for-test.ts";
import type { DockerUnderTest } from "../testing/open-for-test.ts";
import { describeWithDocker } from "../testing/requires-docker.ts";

await describeWithDocker("containers made ahead", (engine) => {
  const open: DockerUnderTest[] = [];
  afterEach(async () => {
    for (const test of open.splice(0)) await test.dispose();
  });
  const openTest = async (changes: Parameters<typeof openDockerRuntime>[1] = {}) => {
    const test = await openDockerRuntime(engine, { prepareAfterMs: 20, ...changes });
    open.push(test);
    return test;
  };
  const listPrepared = async ({ deps }: DockerUnderTest) =>
    (await listOwn(engine, deps.installation)).filter(isPrepared);
  const untilPrepared = (test: DockerUnderTest, count = 1) =>
    until(`${count} are prepared, and written down`, async () => {
      const found = await listPrepared(test);
      const written = await readFile(join(test.deps.home, "docker", "asleep.json"), "utf8").catch(() => "");
      return found.length === count && found.every(({ Id }) => written.includes(Id)) ? found : null;
    });
  /** Runs a workload once and lets it fall asleep. */
  const sleep = async (test: DockerUnderTest, workload: IdentifiedWorkload) => {
    await runReady(test.runtime, workload);
    await test.runtime.scale(workload.id, 0);
    await until("it sleeps", async () => (await instances(test.runtime, workload.id)).length === 0);
  };
  const networks = ({ deps }: DockerUnderTest) => {
    const filters = { label: [`${label.installation}=${deps.installation}`] };
    return engine.ask((docker) => docker.listNetworks({ filters }));
  };

  it("what has fallen asleep has one, which is no instance, and is what the next start runs in", async () => {
    const test = await openTest();
    const workload = await makeInside(test);
    await sleep(test, workload);
    const [prepared] = await untilPrepared(test);
    expect(await observed(test.runtime, workload.id)).toMatchObject({ replicas: 0, instances: [] });
    expect((await networks(test)).length).toBe(1);
    await test.runtime.scale(workload.id, 1);
    const [instance] = await untilReady(test.runtime, workload.id);
    expect(await ask(test.runtime, workload.id, "/")).toBe('"hello"');
    const all = await listOwn(engine, test.deps.installation);
    expect(all.map(({ Id, State }) => `${Id} ${State}`)).toEqual([`${prepared!.Id} running`]);
    expect(instance!.id).toBe(prepared!.Labels[label.instance]);
    await test.runtime.scale(workload.id, 0);
    const [next] = await untilPrepared(test);
    expect(next!.Id).not.toBe(prepared!.Id);
  });

  it("of several starts at once one takes it, and the others make their own", async () => {
    const test = await openTest();
    const workload = await makeInside(test);
    await sleep(test, workload);
    const [prepared] = await untilPrepared(test);
    await test.runtime.scale(workload.id, 3);
    const all = await untilReady(test.runtime, workload.id, 3);
    expect(all.map(({ id }) => id)).toContain(prepared!.Labels[label.instance]);
    expect(await listPrepared(test)).toEqual([]);
  });

  it("is taken up by the next server, and goes with its workload", async () => {
    const test = await openTest();
    const workload = await makeInside(test, "inside.mjs", { env: { SECRET: "kept" } });
    await sleep(test, workload);
    const [before] = await untilPrepared(test);
    const runtime = await test.reopen();
    expect(await observed(runtime, workload.id)).toMatchObject({ replicas: 0, instances: [] });
    expect((await untilPrepared(test))[0]!.Id).toBe(before!.Id);
    await runtime.scale(workload.id, 1);
    await untilReady(runtime, workload.id);
    expect((await listOwn(engine, test.deps.installation)).map(({ Id }) => Id)).toEqual([before!.Id]);
    await runtime.scale(workload.id, 0);
    await untilPrepared(test);
    await runtime.remove(workload.id);
    expect(await listOwn(engine, test.deps.installation)).toEqual([]);
    await until("its network has gone", async () => (await networks(test)).length === 0);
  });

  it("is made again where somebody removes it, and another is made for a start where it is missing", async () => {
    const test = await openTest();
    const workload = await makeInside(test);
    await sleep(test, workload);
    const [first] = await untilPrepared(test);
    await engine.ask((docker) => docker.getContainer(first!.Id).remove());
    const second = await until("another is there", async () => {
      const [one] = await listPrepared(test);
      return one && one.Id !== first!.Id ? one : null;
    });
    const removing = engine.ask((docker) => docker.getContainer(second.Id).remove()).catch(() => {});
    await Promise.all([removing, test.runtime.scale(workload.id, 1)]);
    await untilReady(test.runtime, workload.id);
    expect(await ask(test.runtime, workload.id, "/")).toBe('"hello"');
  });

  it("is made again where it would be made otherwise now", async () => {
    const test = await openTest();
    const workload = await makeInside(test, "inside.mjs", { env: { BERTH_URL_API: "http://api:30117" } });
    await sleep(test, workload);
    const [before] = await untilPrepared(test);
    await test.runtime.close();
    // Another has taken the subnet meanwhile: the gateway, where neighbours are, is another.
    await engine.ask((docker) => docker.getContainer(before!.Id).remove());
    for (const { Id } of await networks(test)) await engine.ask((docker) => docker.getNetwork(Id).remove());
    test.deps.subnets = "10.214.0.0/16";
    await test.reopen();
    await runReady(test.runtime, workload);
    await test.runtime.scale(workload.id, 0);
    const [after] = await untilPrepared(test);
    const { HostConfig } = await engine.ask((docker) => docker.getContainer(after!.Id).inspect());
    expect(HostConfig.ExtraHosts?.[0]).toMatch(/^api:10\.214\./);
  });

  it("of a service only the release that ran last has one, and of all no more than may be", async () => {
    const test = await openTest({ maxPrepared: 2 });
    const releases = await Promise.all(
      ["one", "two"].map((greeting) => makeInside(test, "inside.mjs", { env: { GREETING: greeting } })),
    );
    for (const workload of releases) await sleep(test, workload);
    const chosen = async () => (await listPrepared(test)).map(({ Labels }) => Labels[label.workload]).sort();
    await until("the newer one has", async () => (await chosen()).length > 0);
    expect(await chosen()).toEqual([releases[1]!.id]);
    const others = await Promise.all(["api", "admin"].map((service) => makeInside(test, "inside.mjs", { service })));
    for (const workload of others) await sleep(test, workload);
    const last = others.map(({ id }) => id).sort();
    await until("those have that slept last", async () => (await chosen()).join() === last.join());
    expect(await chosen()).toHaveLength(2);
  });

  it("one that is started by somebody else while the server is there becomes an instance, and stays", async () => {
    const test = await openTest();
    const workload = await makeInside(test);
    await sleep(test, workload);
    const [prepared] = await untilPrepared(test);
    await engine.ask((docker) => docker.getContainer(prepared!.Id).start());
    const [instance] = await untilReady(test.runtime, workload.id);
    expect(instance!.id).toBe(prepared!.Labels[label.instance]);
    expect((await observed(test.runtime, workload.id))?.replicas).toBe(1);
    await test.runtime.scale(workload.id, 1);
    expect((await listOwn(engine, test.deps.installation)).map(({ Id }) => Id)).toEqual([prepared!.Id]);
  });

  it("one that is started while there is no server is an instance of the next one, with all that it wrote", async () => {
    const test = await openTest();
    const workload = await makeInside(test);
    await sleep(test, workload);
    const [prepared] = await untilPrepared(test);
    await test.runtime.close();
    await engine.ask((docker) => docker.getContainer(prepared!.Id).start());
    const runtime = await test.reopen();
    expect((await observed(runtime, workload.id))?.replicas).toBe(1);
    await untilReady(runtime, workload.id);
    await ask(runtime, workload.id, "/count?from=0&to=3");
    await untilLogged(runtime, workload.id, "line 2");
    expect((await readTail(runtime, workload.id, 1_000)).filter(({ text }) => text === "line 0").length).toBe(1);
    await run(runtime, workload, 0);
    await untilPrepared(test);
  });

  it("tells of an image that had to be brought first as part of the start", async () => {
    const test = await openTest();
    const workload = await makeInside(test);
    const began = Date.now();
    await runReady(test.runtime, workload);
    const [first] = await instances(test.runtime, workload.id);
    const { askedAt, pulledAt, startedAt } = first!.marks!;
    expect([began, askedAt, pulledAt, startedAt]).toEqual(
      [began, askedAt, pulledAt, startedAt].toSorted((a, b) => a! - b!),
    );
    expect(pulledAt).toBeGreaterThan(askedAt!);
    await test.runtime.scale(workload.id, 0);
    await untilPrepared(test);
    await runReady(test.runtime, workload);
    expect((await instances(test.runtime, workload.id))[0]!.marks).not.toHaveProperty("pulledAt");
  });

  it("keeps its image from being pruned by hand, and not from being removed with its workload", async () => {
    const test = await openTest({ sweepEveryMs: 50, imageGraceMs: 0 });
    const mark = { "berth-test": test.deps.installation };
    const workload = await makeInside(test, "inside.mjs", {}, { config: { Labels: mark } });
    await sleep(test, workload);
    await untilPrepared(test);
    const images = () => imageNames(engine, test.deps.installation);
    // Of this test alone: the engine is everyone's.
    const filters = { dangling: ["false"], label: [`berth-test=${test.deps.installation}`] };
    await engine.ask((docker) => docker.pruneImages({ filters: JSON.stringify(filters) }));
    expect((await images()).length).toBe(1);
    await test.runtime.remove(workload.id);
    await until("its image is removed", async () => (await images()).length === 0);
  });
});
