import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildResult } from "@berth/core";
import { describe, expect, it } from "vitest";
import { makeHome, openHost } from "../testing/host.ts";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import type { TestHost } from "../testing/host.ts";

function artifactOf(result: BuildResult) {
  if (!result.ok) throw new Error(`the build failed: ${result.failure.message}\n${result.failure.lines.join("\n")}`);
  return result.artifact;
}

function failureOf(result: BuildResult) {
  if (result.ok) throw new Error("the build did not fail");
  return result.failure;
}

/** What lies in the work folder when no build is running: nothing. */
async function leftIn({ home }: TestHost): Promise<string[]> {
  return readdir(join(home, "work")).catch(() => []);
}

const npmPlan = makePlan({
  tools: { node: "24" },
  steps: [
    makeStep({
      name: "install",
      layer: "dependencies",
      inputs: ["package.json", "package-lock.json"],
      command: { argv: ["npm", "ci"] },
      caches: ["npm"],
      network: true,
    }),
  ],
  contents: { dependencies: ["node_modules"], app: "all", support: [] },
});

const npmFiles = {
  "package.json": JSON.stringify({ name: "shop", dependencies: { "is-number": "7.0.0" } }),
  "package-lock.json": JSON.stringify({
    name: "shop",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "shop", dependencies: { "is-number": "7.0.0" } },
      "node_modules/is-number": {
        version: "7.0.0",
        integrity: "sha512-41Cifkg6e8TylSpdtTpeLVMqvSBEVzTttHvERD741+pnZ8ANv0004MRL43QKPDlK9cGvNp6NZWZUBlbGXYxxng==",
      },
    },
  }),
  "server.js": "console.log(require('is-number')(5))",
};

describe("a plan without steps", () => {
  it("becomes an image straight from git's objects, with a record of how", async () => {
    const host = await openHost();
    const request = makeRequest({ "server.js": "1", "lib/a.js": "2" }, makePlan({ tools: { node: "24" } }), {
      commit: "c0ffee",
    });
    const artifact = artifactOf(await host.builder.build(request, makeSink(), never));
    expect(artifact.key).toBe(host.builder.key(request));
    expect(artifact.provenance).toMatchObject({
      app: "shop",
      service: "web",
      commit: "c0ffee",
      tree: request.source.id,
      builder: { name: "host" },
      tools: { node: process.versions.node },
    });
    const { workdir } = await host.images.unpack(artifact.digest);
    expect(await readFile(join(workdir, "lib/a.js"), "utf8")).toBe("2");
    expect(await leftIn(host)).toEqual([]);
  });

  it("reads only what has changed since the last build, across restarts", async () => {
    const home = await makeHome();
    const files = { "a.js": "1", "b.js": "2", "c.js": "3" };
    const first = await openHost({ home });
    artifactOf(await first.builder.build(makeRequest(files, makePlan()), makeSink(), never));
    const second = await openHost({ home });
    const result = await second.builder.build(
      makeRequest({ ...files, "b.js": "changed" }, makePlan()),
      makeSink(),
      never,
    );
    expect(result).toMatchObject({ ok: true, summary: expect.stringContaining("1 of 3 files changed") });
  });

  it("contains only the paths that the plan names, and Berth's own files", async () => {
    const support = await makeHome();
    const host = await openHost({
      deps: { supportFiles: () => [{ path: "static-server/server.mjs", file: import.meta.filename }] },
    });
    const plan = makePlan({ contents: { dependencies: [], app: ["public"], support: ["static-server"] } });
    const request = makeRequest({ "public/index.html": "hi", "publicity.txt": "no", "secret.txt": "no" }, plan);
    const { root } = await host.images.unpack(artifactOf(await host.builder.build(request, makeSink(), never)).digest);
    expect(await readdir(join(root, "app"), { recursive: true })).toEqual(["public", "public/index.html"]);
    expect(await readdir(join(root, "berth", "static-server"))).toEqual(["server.mjs"]);
    expect(await readdir(support)).toEqual([]);
  });

  it("fails where nothing of what the plan names is there", async () => {
    const host = await openHost();
    const plan = makePlan({ contents: { dependencies: [], app: ["dist"], support: [] } });
    const failure = failureOf(await host.builder.build(makeRequest({ "a.txt": "1" }, plan), makeSink(), never));
    expect(failure).toMatchObject({ step: "image", message: "The build has not made dist" });
  });
});

describe("a key", () => {
  it("is the same for equal content, whatever detection found and whoever builds", async () => {
    const { builder } = await openHost();
    const key = builder.key(makeRequest({ a: "1" }, makePlan()));
    expect(
      builder.key(makeRequest({ a: "1" }, makePlan({ findings: [{ what: "x", from: "y" }] }), { app: "other" })),
    ).toBe(key);
  });

  it("differs with the source, the plan, the build variables and the platform", async () => {
    const { builder, deps } = await openHost();
    const other = await openHost({ deps: { platform: { ...deps.platform, architecture: "riscv64" } } });
    const keys = [
      builder.key(makeRequest({ a: "1" }, makePlan())),
      builder.key(makeRequest({ a: "2" }, makePlan())),
      builder.key(makeRequest({ a: "1" }, makePlan({ env: { NODE_ENV: "production" } }))),
      builder.key(makeRequest({ a: "1" }, makePlan({ tools: { node: "24" } }))),
      builder.key(makeRequest({ a: "1" }, makePlan(), { env: { TOKEN: "x" } })),
      other.builder.key(makeRequest({ a: "1" }, makePlan())),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("dependencies", () => {
  it("are installed once per lockfile and shared between releases", async () => {
    const host = await openHost();
    const sink = makeSink();
    const first = await host.builder.build(makeRequest(npmFiles, npmPlan), sink, never);
    expect(sink.told).toContain("[install] npm ci");
    const changed = makeSink();
    const second = await host.builder.build(makeRequest({ ...npmFiles, "server.js": "2" }, npmPlan), changed, never);
    expect(changed.told).toContain("[dependencies] unchanged");
    expect(changed.told.join()).not.toContain("npm ci");
    const [one, two] = await Promise.all(
      [first, second].map((result) => host.images.unpack(artifactOf(result).digest)),
    );
    const shared = "node_modules/is-number/index.js";
    expect((await stat(join(one!.workdir, shared))).ino).toBe((await stat(join(two!.workdir, shared))).ino);
    expect(artifactOf(second).provenance.tools["npm"]).toMatch(/^11\./);
    const [layer] = await host.builder.cachedLayers();
    expect(await host.images.hasLayer(layer!)).toBe(true);
    await host.builder.pruneCache(Date.now() + 1000);
    expect(await host.builder.cachedLayers()).toEqual([]);
  }, 120_000);
});

describe("a build", () => {
  it("does not show the pages of its manual that npm prints after an error", async () => {
    const host = await openHost();
    const printed = ["Missing: a@1 from lock file", "Clean install a project", "--fund", 'Run "npm help ci" for more'];
    const shell = `${printed.map((line) => `echo 'npm error ${line}'`).join("; ")}; exit 1`;
    const sink = makeSink();
    const plan = makePlan({ steps: [makeStep({ command: { shell } })] });
    const failure = failureOf(await host.builder.build(makeRequest({ a: "1" }, plan), sink, never));
    expect(failure.lines).toEqual(["npm error Missing: a@1 from lock file"]);
    expect(sink.told.filter((line) => line.startsWith("npm error"))).toEqual(failure.lines);
  });
});
