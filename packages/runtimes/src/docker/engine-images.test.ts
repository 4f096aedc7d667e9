import { systemClock } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import { afterEach, expect, it } from "vitest";
import { EngineImages } from "./engine-images.ts";
import { insideFolder, makeInside, runReady } from "./testing/in-container.ts";
import { makeAppImage } from "./testing/make-image.ts";
import { imageNames, openDockerRuntime } from "./testing/open-for-test.ts";
import type { DockerUnderTest } from "./testing/open-for-test.ts";
import { describeWithDocker } from "./testing/requires-docker.ts";

await describeWithDocker("images on an engine", (engine) => {
  let test: DockerUnderTest;
  afterEach(() => test.dispose());

  const names = () => imageNames(engine, test.deps.installation);

  it("stay for a while after nothing needs them, and those of others for ever", async () => {
    test = await openDockerRuntime(engine);
    const workload = await makeInside(test, "inside.mjs", {}, { config: { Labels: { test: test.deps.installation } } });
    await runReady(test.runtime, workload);
    const { installation, log } = test.deps;
    let now = 1_000;
    const clock: Clock = { ...systemClock, now: () => now };
    const unused = await makeAppImage(engine, insideFolder, { config: { Labels: { other: installation } } });
    const images = new EngineImages({ engine, installation, clock, log, open: async () => unused, graceMs: 500 });
    const other = { ...workload, app: "blog", image: unused.id };
    await images.ready(other);
    expect((await names()).length).toBe(2);
    const none = new Set<Digest>();
    await images.sweep(none);
    now += 499;
    await images.sweep(new Set([unused.id]));
    now += 500;
    await images.sweep(none);
    expect((await names()).length, "it was needed between").toBe(2);
    now += 500;
    await images.sweep(none);
    // That of the container stays, though nobody here has said that it is needed.
    expect(await names()).toEqual([expect.stringContaining("/shop:")]);
    await images.ready(other);
    expect((await names()).length, "it is given again").toBe(2);
  });
});
