import { describe, expect, it } from "vitest";
import { makeStep } from "../testing/plan.ts";
import { build, buildFailure, planFor, shellPlan } from "./build.ts";
import type { BuilderUnderTest } from "./builder-under-test.ts";

export function describeFailures(under: () => BuilderUnderTest): void {
  describe("a failure", () => {
    it("says which step, how, and what it printed last", async () => {
      const plan = shellPlan(under(), "for i in $(seq 100); do echo line $i; done; exit 3", { name: "compile" });
      const failure = await buildFailure(under(), plan, { a: "1" });
      expect(failure).toMatchObject({
        step: "compile",
        exitCode: 3,
        message: expect.stringContaining("exited with 3"),
      });
      expect(failure.lines).toHaveLength(40);
      expect(failure.lines.at(-1)).toBe("line 100");
      expect(failure.told).toContain("line 1");
      await expect.poll(() => under().remains(), { timeout: 10_000 }).toBe(0);
    });

    it("of a dependency step leaves nothing to be reused, and the next build works", async () => {
      const step = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["lock"],
        command: { shell: "mkdir -p node_modules && cp lock node_modules/lock && grep -q good lock" },
      });
      const plan = planFor(under(), {
        steps: [step],
        contents: { dependencies: ["node_modules"], app: "all", support: [] },
      });
      expect(await buildFailure(under(), plan, { lock: "bad" })).toMatchObject({ step: "install", exitCode: 1 });
      expect(await buildFailure(under(), plan, { lock: "bad" })).toMatchObject({ step: "install" });
      expect(await (await build(under(), plan, { lock: "good" })).read("node_modules/lock")).toBe("good");
    });

    it("names the program that is not there", async () => {
      const direct = planFor(under(), { steps: [makeStep({ command: { argv: ["no-such-program", "x"] } })] });
      expect((await buildFailure(under(), direct, { a: "1" })).message).toBe("no-such-program is not installed");
      const shell = await buildFailure(under(), shellPlan(under(), "no-such-program && true"), { a: "1" });
      expect(shell.hint).toContain("no-such-program is not installed");
    });

    it("comes of a step that takes too long", async () => {
      const plan = shellPlan(under(), "echo begun; sleep 600", { timeoutMs: 1500 });
      expect((await buildFailure(under(), plan, { a: "1" })).message).toContain("was stopped after");
      await expect.poll(() => under().remains(), { timeout: 10_000 }).toBe(0);
    });

    it("comes of a build that has not made what the plan names", async () => {
      const plan = planFor(under(), {
        steps: [makeStep({ command: { argv: ["true"] } })],
        contents: { dependencies: [], app: ["dist"], support: [] },
      });
      expect(await buildFailure(under(), plan, { a: "1" })).toMatchObject({
        step: "image",
        message: "The build has not made dist",
      });
    });

    it("of a lockfile that disagrees with its manifest says what to do", async () => {
      const step = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["package.json", "package-lock.json"],
        command: { argv: ["npm", "ci"] },
        caches: ["npm"],
        network: true,
      });
      const plan = planFor(under(), {
        tools: { node: "24" },
        steps: [step],
        contents: { dependencies: ["node_modules"], app: "all", support: [] },
      });
      const manifest = { name: "shop", dependencies: { "is-odd": "3.0.1" } };
      const lock = { name: "shop", lockfileVersion: 3, requires: true, packages: { "": { name: "shop" } } };
      const files = { "package.json": JSON.stringify(manifest), "package-lock.json": JSON.stringify(lock) };
      const failure = await buildFailure(under(), plan, files);
      expect(failure).toMatchObject({ step: "install", message: "npm ci exited with 1", exitCode: 1 });
      expect(failure.hint).toContain("commit the lockfile");
      expect(failure.lines.join("\n")).toContain("Missing: is-odd@3.0.1 from lock file");
    });

    it("of a step that prints without end keeps the last lines", async () => {
      const shell = "i=0; while [ $i -lt 60000 ]; do echo line $i of very many lines; i=$((i+1)); done; exit 4";
      const failure = await buildFailure(under(), shellPlan(under(), shell), { a: "1" });
      expect(failure.lines.at(-1)).toBe("line 59999 of very many lines");
      expect(failure.told).toContain("… further output is left out");
      expect(failure.told.length).toBeLessThan(25_000);
    });
  });
}
