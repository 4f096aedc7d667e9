import { readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStep } from "../testing/plan.ts";
import { build, planFor, shellPlan } from "./build.ts";
import type { BuilderUnderTest } from "./builder-under-test.ts";

/** Makes `lib/index.js` of the lockfile, and a file that a build may remove. */
const install = makeStep({
  name: "install",
  layer: "dependencies",
  inputs: ["lock"],
  command: {
    shell: "mkdir -p node_modules/lib && cp lock node_modules/lib/index.js && echo x > node_modules/lib/gone.js",
  },
});
const contents = { dependencies: ["node_modules"], app: "all" as const, support: [] };

export function describeLayers(under: () => BuilderUnderTest): void {
  describe("a dependency layer", () => {
    it("is made once and reused while lockfile and steps are the same; the app layer holds only the rest", async () => {
      const plan = planFor(under(), { steps: [install], contents });
      const first = await build(under(), plan, { lock: "one", "server.js": "1" });
      const second = await build(under(), plan, { lock: "one", "server.js": "2" });
      expect(second.told).toContain("[dependencies] unchanged");
      expect(second.layers).toHaveLength(2);
      expect(second.layers[0]).toBe(first.layers[0]);
      expect(second.layers[1]).not.toBe(first.layers[1]);
      expect(await second.read("node_modules/lib/index.js")).toBe("one");
      expect(await second.read("server.js")).toBe("2");
      const describe = await under().images.describe(second.digest);
      expect(describe.layers[1]!.sizeBytes).toBeLessThan(1000);
    });

    it("is made again for another lockfile, another step, and another base", async () => {
      const plan = planFor(under(), { steps: [install], contents });
      const other = { ...install, env: { MODE: "other" } };
      const based = { ...plan, base: { image: "docker.io/library/node:22-slim", digest: null } };
      await build(under(), plan, { lock: "a", "server.js": "1" });
      for (const [changed, lock] of [
        [plan, "b"],
        [{ ...plan, steps: [other] }, "a"],
        [based, "a"],
      ] as const) {
        const outcome = await build(under(), changed, { lock, "server.js": "1" });
        expect(outcome.told.join("\n")).not.toContain("unchanged");
      }
    });

    it("can be used and changed by the build without touching what others share", async () => {
      const change = makeStep({
        command: {
          shell:
            "cat node_modules/lib/index.js > out.txt; echo patched >> node_modules/lib/index.js; rm node_modules/lib/gone.js; echo new > node_modules/lib/new.js",
        },
      });
      const plain = await build(under(), planFor(under(), { steps: [install], contents }), { lock: "dep" });
      const plan = planFor(under(), { steps: [install, change], contents });
      for (const source of ["1", "2"]) {
        const changed = await build(under(), plan, { lock: "dep", source });
        expect(await changed.read("out.txt")).toBe("dep");
        expect(await changed.read("node_modules/lib/index.js")).toBe("deppatched\n");
        expect((await readdir(join(changed.folder, "node_modules/lib"))).sort()).toEqual(["index.js", "new.js"]);
        expect(changed.layers[0]).toBe(plain.layers[0]);
      }
      expect(await plain.read("node_modules/lib/index.js")).toBe("dep");
    });

    it("whose folder a build replaces is hidden where the new one lacks it", async () => {
      const replace = makeStep({
        command: { shell: "rm -r node_modules/lib; mkdir node_modules/lib; echo 1 > node_modules/lib/only" },
      });
      const outcome = await build(under(), planFor(under(), { steps: [install, replace], contents }), { lock: "dep" });
      expect(await readdir(join(outcome.folder, "node_modules/lib"))).toEqual(["only"]);
    });

    it("of a built site is not shipped", async () => {
      const make = makeStep({ command: { shell: "mkdir -p dist && cp node_modules/lib/index.js dist/index.html" } });
      const plan = planFor(under(), {
        steps: [install, make],
        contents: { dependencies: [], app: ["dist"], support: [] },
      });
      const { folder } = await build(under(), plan, { lock: "page", "src/main.js": "1" });
      expect(await readdir(folder, { recursive: true })).toEqual(["dist", "dist/index.html"]);
      const second = await build(under(), plan, { lock: "page", "src/main.js": "2" });
      expect(second.told).toContain("[dependencies] unchanged");
    });
  });

  describe("what a build makes", () => {
    it("keeps executables, links, names of all kinds, and empty folders", async () => {
      const files = {
        "run.sh": { mode: "100755" as const, content: Buffer.from("#!/bin/sh\necho ran\n") },
        link: { mode: "120000" as const, content: Buffer.from("run.sh") },
        "grün 🚢.txt": "utf-8",
        "two\nlines.txt": "newline",
      };
      const script = [
        "./run.sh > ran.txt",
        "mkdir empty",
        "ln -s grün\\ 🚢.txt made-link",
        'ln -s "$PWD/run.sh" absolute-link',
        "ln run.sh hard-link",
        "cp run.sh copy.sh",
        "printf x > \"$(printf 'a\\nb')\"",
      ].join(" && ");
      const { folder, read } = await build(under(), shellPlan(under(), script), files);
      expect(await read("ran.txt")).toBe("ran\n");
      expect(await read("grün 🚢.txt")).toBe("utf-8");
      expect(await read("two\nlines.txt")).toBe("newline");
      expect(await read("a\nb")).toBe("x");
      expect(await read("hard-link")).toContain("echo ran");
      expect(await readlink(join(folder, "link"))).toBe("run.sh");
      expect(await readlink(join(folder, "made-link"))).toBe("grün 🚢.txt");
      expect(await readlink(join(folder, "absolute-link"))).toBe("run.sh");
      expect(await readdir(join(folder, "empty"))).toEqual([]);
      const modes = await Promise.all(["run.sh", "copy.sh", "ran.txt"].map((name) => stat(join(folder, name))));
      expect(modes.map(({ mode }) => (mode & 0o111) !== 0)).toEqual([true, true, false]);
    });

    it("has the same digest when it is made a second time", async () => {
      const script =
        "mkdir -p out/deep; tr a b < a > out/deep/b; chmod +x out/deep/b; ln -s b out/deep/c; touch out/empty";
      const plan = planFor(under(), { steps: [install, makeStep({ command: { shell: script } })], contents });
      const { digest } = await build(under(), plan, { lock: "same", a: "aaa" });
      await under().builder.pruneCache(Date.now() + 60_000);
      expect(await under().builder.cachedLayers()).toEqual([]);
      expect((await build(under(), plan, { lock: "same", a: "aaa" })).digest).toBe(digest);
    });

    it("may be named by several paths, of which one is not there", async () => {
      const plan = planFor(under(), {
        steps: [makeStep({ command: { shell: "mkdir -p a/b && echo 1 > a/b/c && echo 2 > d" } })],
        contents: { dependencies: [], app: ["a/b", "d", "none"], support: [] },
      });
      const { folder } = await build(under(), plan, { source: "1" });
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(["a", "a/b", "a/b/c", "d"]);
    });
  });
}
