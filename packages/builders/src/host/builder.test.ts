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

  it("that do not fit their lockfile fail with the reason and what to do", async () => {
    const host = await openHost();
    const files = {
      ...npmFiles,
      "package.json": JSON.stringify({ name: "shop", dependencies: { "is-odd": "3.0.1" } }),
    };
    const failure = failureOf(await host.builder.build(makeRequest(files, npmPlan), makeSink(), never));
    expect(failure).toMatchObject({ step: "install", message: "npm ci exited with 1", exitCode: 1 });
    expect(failure.hint).toContain("commit the lockfile");
    expect(failure.lines.join("\n")).toContain("Missing: is-odd@3.0.1 from lock file");
    expect(failure.lines.join("\n")).not.toContain("--install-links");
    expect(await leftIn(host)).toEqual([]);
  }, 120_000);

  it("can be used and changed by the build without touching what others share", async () => {
    const host = await openHost();
    const install = makeStep({
      name: "install",
      layer: "dependencies",
      inputs: ["lock"],
      command: {
        shell: "mkdir -p node_modules/lib && cp lock node_modules/lib/index.js && echo gone > node_modules/lib/gone.js",
      },
    });
    const build = makeStep({
      command: {
        shell:
          "cat node_modules/lib/index.js > out.txt; echo patched >> node_modules/lib/index.js; rm node_modules/lib/gone.js",
      },
    });
    const contents = { dependencies: ["node_modules"], app: "all" as const, support: [] };
    const plain = makePlan({ steps: [install], contents });
    const built = makePlan({ steps: [install, build], contents });
    const one = artifactOf(await host.builder.build(makeRequest({ lock: "dep" }, plain), makeSink(), never));
    const two = artifactOf(await host.builder.build(makeRequest({ lock: "dep" }, built), makeSink(), never));
    const read = async (digest: typeof one.digest, path: string) =>
      readFile(join((await host.images.unpack(digest)).workdir, path), "utf8");
    expect(await read(two.digest, "out.txt")).toBe("dep");
    expect(await read(two.digest, "node_modules/lib/index.js")).toBe("deppatched\n");
    expect(await read(one.digest, "node_modules/lib/index.js")).toBe("dep");
    expect(await readdir(join((await host.images.unpack(two.digest)).workdir, "node_modules/lib"))).toEqual([
      "index.js",
    ]);
  });

  it("of a built site are not shipped", async () => {
    const host = await openHost();
    const plan = makePlan({
      steps: [
        makeStep({
          name: "install",
          layer: "dependencies",
          inputs: ["lock"],
          command: { shell: "mkdir node_modules; cp lock node_modules/tool" },
        }),
        makeStep({ command: { shell: "mkdir dist && cp node_modules/tool dist/index.html" } }),
      ],
      contents: { dependencies: [], app: ["dist"], support: [] },
    });
    const request = makeRequest({ lock: "tool", "src/main.js": "1" }, plan);
    const { workdir } = await host.images.unpack(
      artifactOf(await host.builder.build(request, makeSink(), never)).digest,
    );
    expect(await readdir(workdir, { recursive: true })).toEqual(["dist", "dist/index.html"]);
    const sink = makeSink();
    await host.builder.build(makeRequest({ lock: "tool", "src/main.js": "2" }, plan), sink, never);
    expect(sink.told).toContain("[dependencies] unchanged");
  });
});

describe("a build", () => {
  it("that is asked for twice at once runs once, and both are told everything", async () => {
    const host = await openHost();
    const plan = makePlan({ steps: [makeStep({ command: { shell: "echo working; date +%s%N > stamp" } })] });
    const sinks = [makeSink(), makeSink()];
    const requests = [makeRequest({ a: "1" }, plan), makeRequest({ a: "1" }, plan, { app: "second" })];
    const results = await Promise.all(requests.map((request, i) => host.builder.build(request, sinks[i]!, never)));
    const [one, two] = results.map(artifactOf);
    expect(two!.digest).toBe(one!.digest);
    expect([one, two].map((artifact) => artifact!.provenance.app)).toEqual(["shop", "second"]);
    expect(sinks[1]!.told).toEqual(sinks[0]!.told);
    expect(sinks[0]!.told).toContain("working");
  });

  it("that comes out the same has the same digest", async () => {
    const plan = makePlan({
      steps: [
        makeStep({ command: { shell: "mkdir -p out/empty; tr a b < a > out/b; chmod +x out/b; ln -s b out/c" } }),
      ],
    });
    const digests = await Promise.all(
      [await openHost(), await openHost()].map(
        async ({ builder }) =>
          artifactOf(await builder.build(makeRequest({ a: "aaa" }, plan), makeSink(), never)).digest,
      ),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it("writes nothing to its source and sees nothing of Berth's environment", async () => {
    const host = await openHost();
    const plan = makePlan({
      steps: [makeStep({ command: { shell: "env > env.txt; pwd > pwd.txt; echo $HOME > home.txt" } })],
    });
    const request = makeRequest({ a: "1" }, plan, { env: { DECLARED: "yes" } });
    const { workdir } = await host.images.unpack(
      artifactOf(await host.builder.build(request, makeSink(), never)).digest,
    );
    const env = await readFile(join(workdir, "env.txt"), "utf8");
    const names = env.split("\n").map((line) => line.split("=")[0]!);
    expect(env).toContain("DECLARED=yes");
    expect(env).toContain("CI=1");
    expect(names.filter((name) => /VITEST|BERTH_HOME|NODE_ENV|^USER$/.test(name))).toEqual([]);
    expect(await readFile(join(workdir, "home.txt"), "utf8")).toContain(join(host.home, "work"));
    expect(await request.source.list()).toHaveLength(1);
  });

  it("that fails says which step, how, and what it printed last", async () => {
    const host = await openHost();
    const plan = makePlan({
      steps: [makeStep({ name: "compile", command: { shell: "for i in $(seq 100); do echo line $i; done; exit 3" } })],
    });
    const sink = makeSink();
    const failure = failureOf(await host.builder.build(makeRequest({ a: "1" }, plan), sink, never));
    expect(failure).toMatchObject({ step: "compile", exitCode: 3, message: expect.stringContaining("exited with 3") });
    expect(failure.lines).toHaveLength(40);
    expect(failure.lines.at(-1)).toBe("line 100");
    expect(sink.told).toContain("line 1");
    expect(sink.told.at(-1)).toBe("line 100");
    expect(await leftIn(host)).toEqual([]);
    expect(await readdir(join(host.home, "unpacked"))).toEqual([]);
  });

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

  it("names the program that is not there", async () => {
    const host = await openHost();
    const direct = makePlan({ steps: [makeStep({ command: { argv: ["no-such-program", "x"] } })] });
    expect(failureOf(await host.builder.build(makeRequest({ a: "1" }, direct), makeSink(), never)).message).toBe(
      "no-such-program is not installed",
    );
    const shell = makePlan({ steps: [makeStep({ command: { shell: "no-such-program && true" } })] });
    expect(failureOf(await host.builder.build(makeRequest({ a: "1" }, shell), makeSink(), never)).hint).toContain(
      "no-such-program is not installed",
    );
  });

  it("that takes too long is stopped", async () => {
    const host = await openHost();
    const plan = makePlan({ steps: [makeStep({ command: { shell: "echo begun; sleep 600" }, timeoutMs: 300 })] });
    const failure = failureOf(await host.builder.build(makeRequest({ a: "1" }, plan), makeSink(), never));
    expect(failure.message).toContain("was stopped after");
    expect(await leftIn(host)).toEqual([]);
  });

  it("that is cancelled leaves no process and no files, and the next one works", async () => {
    const host = await openHost();
    const controller = new AbortController();
    const plan = makePlan({
      steps: [makeStep({ command: { shell: "sleep 600 & setsid sleep 601 & echo $$; wait" } })],
    });
    const sink = { ...makeSink(), line: () => controller.abort(new Error("cancelled")) };
    const cancelled = host.builder.build(makeRequest({ a: "1" }, plan), sink, controller.signal);
    await expect(cancelled).rejects.toThrow("cancelled");
    expect(await leftIn(host)).toEqual([]);
    expect(await processesIn(host.home)).toEqual([]);
    const quick = makePlan({ steps: [makeStep({ command: { argv: ["true"] } })] });
    artifactOf(await host.builder.build(makeRequest({ a: "1" }, quick), makeSink(), never));
  });

  it("goes on for the others where one of those who asked gives up", async () => {
    const host = await openHost();
    const controller = new AbortController();
    const plan = makePlan({ steps: [makeStep({ command: { shell: "echo begun; sleep 0.3; echo made > made" } })] });
    const leaving = { ...makeSink(), line: () => controller.abort(new Error("gone")) };
    const results = await Promise.allSettled([
      host.builder.build(makeRequest({ a: "1" }, plan), leaving, controller.signal),
      host.builder.build(makeRequest({ a: "1" }, plan), makeSink(), never),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });

  it("leaves no daemon behind", async () => {
    const host = await openHost();
    const plan = makePlan({
      steps: [makeStep({ command: { shell: "setsid sleep 602 > /dev/null 2>&1 & sleep 603 & echo done > done" } })],
    });
    artifactOf(await host.builder.build(makeRequest({ a: "1" }, plan), makeSink(), never));
    expect(await processesIn(host.home)).toEqual([]);
  });
});

/** Command lines of processes whose working folder is in a home, once those that were killed are gone. */
async function processesIn(home: string): Promise<string[]> {
  const { readlinkSync, readFileSync, readdirSync } = await import("node:fs");
  const look = () =>
    readdirSync("/proc").flatMap((pid) => {
      try {
        const isIn = /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(home);
        return isIn ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")] : [];
      } catch {
        return [];
      }
    });
  return expect.poll(look, { timeout: 5000 }).toEqual([]).then(look);
}
