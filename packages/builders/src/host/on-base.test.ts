import { quietLog, systemClock, systemRandom } from "@berth/core";
import { openRemote, parseMirrors } from "@berth/images";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeWithDocker, nodeImage, pythonImage } from "../testing/docker.ts";
import { makeHome, openHost } from "../testing/host.ts";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import { makeMachineFinder } from "./tools/find-on-machine.ts";

/** A host builder with the bases of the registry. */
async function openWithBases() {
  const home = await makeHome();
  const later: { remote?: ReturnType<typeof openRemote> } = {};
  const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64", libc: null };
  const host = await openHost({
    home,
    deps: {
      openBase: ({ image, digest }) =>
        later.remote === undefined || digest === null
          ? Promise.reject(new TypeError("not pinned"))
          : later.remote.fetchBase({ image, digest }, platform, { signal: never }),
    },
  });
  const remote = openRemote({
    home,
    images: host.images,
    mirrors: parseMirrors("docker.io=http://127.0.0.1:5055"),
    docker: { folder: home, path: "", env: {} },
    proxyEnv: {},
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  later.remote = remote;
  onTestFinished(() => remote.close());
  const pin = async (image: string) => ({ image, digest: await remote.resolve(image, never) });
  return { ...host, pin };
}

await describeWithDocker("with base images", () => {
  describe("what is built on this machine", { timeout: 120_000 }, () => {
    it("lies on its base, and a change of code alone reuses all below it", async () => {
      const { builder, images, pin } = await openWithBases();
      const install = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["lock"],
        command: { shell: "mkdir node_modules && cp lock node_modules/lock" },
      });
      const base = await pin(nodeImage);
      const contents = { dependencies: ["node_modules"], app: "all" as const, support: [] };
      const plan = makePlan({ base, tools: { node: "24" }, steps: [install], contents });
      const layers = [];
      for (const code of ["1", "2"]) {
        const result = await builder.build(makeRequest({ lock: "1", "a.js": code }, plan), makeSink(), never);
        if (!result.ok) throw new Error(result.failure.message);
        layers.push((await images.describe(result.artifact.digest)).layers.map(({ digest }) => digest));
        expect((await images.describe(result.artifact.digest)).annotations["dev.berth.base.layers"]).toBe(
          String(layers[0]!.length - 2),
        );
      }
      expect(layers[1]!.slice(0, -1)).toEqual(layers[0]!.slice(0, -1));
      expect(layers[1]!.at(-1)).not.toBe(layers[0]!.at(-1));
    });

    it("is refused where its languages do not fit the base, and what to do is said", async ({ skip }) => {
      const { builder, pin, deps } = await openWithBases();
      const { fitting } = await makeMachineFinder(deps).find("python", "3.12");
      if (fitting === null) skip("there is no second Python");
      const install = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["lock"],
        command: { shell: "mkdir packages && python3 --version > packages/version" },
      });
      const contents = { dependencies: ["packages"], app: "all" as const, support: [] };
      const plan = makePlan({ base: await pin(pythonImage), tools: { python: "3.12" }, steps: [install], contents });
      const result = await builder.build(makeRequest({ lock: "1", "a.py": "1" }, plan), makeSink(), never);
      expect(result).toMatchObject({
        ok: false,
        failure: {
          message: "Its dependencies were installed for Python 3.12, and python:3.11-slim has Python 3.11",
          hint: expect.stringContaining("BERTH_BUILDER=docker"),
        },
      });
    });
  });
});
