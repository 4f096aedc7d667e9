import { describe, expect, it } from "vitest";
import { makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import { build, planFor, shellPlan } from "./build.ts";
import type { BuilderUnderTest } from "./builder-under-test.ts";

export function describeLife(under: () => BuilderUnderTest): void {
  describe("a build", () => {
    it("that is asked for twice at once runs once, and both are told everything", async () => {
      const plan = shellPlan(under(), "echo working; date +%s%N > stamp");
      const sinks = [makeSink(), makeSink()];
      const requests = [makeRequest({ a: "1" }, plan), makeRequest({ a: "1" }, plan, { service: "second" })];
      const results = await Promise.all(requests.map((request, i) => under().builder.build(request, sinks[i]!, never)));
      const artifacts = results.map((result) => (result.ok ? result.artifact : null));
      expect(artifacts[1]!.digest).toBe(artifacts[0]!.digest);
      expect(artifacts.map((artifact) => artifact!.provenance.service)).toEqual(["web", "second"]);
      expect(sinks[1]!.told).toEqual(sinks[0]!.told);
      expect(sinks[0]!.told).toContain("working");
    });

    it("runs beside another of the same plan", async () => {
      const install = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["lock"],
        command: { shell: "mkdir node_modules; cp lock node_modules/lock" },
      });
      const step = makeStep({ command: { shell: "cat a > out.txt; cat node_modules/lock >> out.txt" } });
      const plan = planFor(under(), {
        steps: [install, step],
        contents: { dependencies: ["node_modules"], app: "all", support: [] },
      });
      const outcomes = await Promise.all(["1", "2", "3"].map((a) => build(under(), plan, { lock: "shared", a })));
      expect(await Promise.all(outcomes.map((outcome) => outcome.read("out.txt")))).toEqual([
        "1shared",
        "2shared",
        "3shared",
      ]);
    });

    it("that is cancelled leaves nothing running, and the next one works", async () => {
      const controller = new AbortController();
      const plan = shellPlan(under(), "sleep 600 & setsid sleep 601 & echo begun; wait");
      const sink = { ...makeSink(), line: () => controller.abort(new Error("cancelled")) };
      const cancelled = under().builder.build(makeRequest({ a: "cancel" }, plan), sink, controller.signal);
      await expect(cancelled).rejects.toThrow("cancelled");
      await expect.poll(() => under().remains(), { timeout: 10_000 }).toBe(0);
      await build(under(), shellPlan(under(), "true"), { a: "after" });
    });

    it("goes on for the others where one of those who asked gives up", async () => {
      const controller = new AbortController();
      const plan = shellPlan(under(), "echo begun; sleep 0.5; echo made > made");
      const leaving = { ...makeSink(), line: () => controller.abort(new Error("gone")) };
      const results = await Promise.allSettled([
        under().builder.build(makeRequest({ a: "2" }, plan), leaving, controller.signal),
        under().builder.build(makeRequest({ a: "2" }, plan), makeSink(), never),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    });

    it("leaves no daemon behind", async () => {
      await build(under(), shellPlan(under(), "setsid sleep 602 > /dev/null 2>&1 & sleep 603 & echo done > done"), {
        a: "1",
      });
      await expect.poll(() => under().remains(), { timeout: 10_000 }).toBe(0);
    });

    it("changes nothing of its source", async () => {
      const request = makeRequest({ a: "1" }, shellPlan(under(), "echo changed > a; cat a"));
      const result = await under().builder.build(request, makeSink(), never);
      expect(result.ok).toBe(true);
      expect(await request.source.list()).toHaveLength(1);
    });
  });

  describe("a cache", () => {
    it("of a package manager is shared as far as the builder says, and in no image", async () => {
      const shell =
        'cat "$PIP_CACHE_DIR/note" > seen.txt 2>/dev/null; echo kept > "$PIP_CACHE_DIR/note"; echo end >> seen.txt';
      const plan = shellPlan(under(), shell, { caches: ["pip"] });
      expect(await (await build(under(), plan, { a: "1" })).read("seen.txt")).toBe("end\n");
      const ofService = await build(under(), plan, { a: "2" }, { service: "other" });
      expect(await ofService.read("seen.txt")).toBe("kept\nend\n");
      const ofApp = await build(under(), plan, { a: "3" }, { app: "other" });
      expect(await ofApp.read("seen.txt")).toBe(under().builder.cachesOf === "all" ? "kept\nend\n" : "end\n");
    });

    it("that apps do not share makes nothing that another app is given", async () => {
      const { builder } = under();
      const install = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["lock"],
        command: { shell: "mkdir node_modules; date +%s%N > node_modules/made" },
      });
      const plan = planFor(under(), {
        steps: [install, makeStep({ command: { shell: "cp node_modules/made made.txt" } })],
        contents: { dependencies: ["node_modules"], app: "all", support: [] },
      });
      const [first, second] = [
        makeRequest({ lock: "own" }, plan),
        makeRequest({ lock: "own" }, plan, { app: "other" }),
      ];
      const isShared = builder.cachesOf === "all";
      expect(builder.key(first) === builder.key(second)).toBe(isShared);
      const made = [];
      for (const app of ["shop", "other"]) {
        made.push(await (await build(under(), plan, { lock: "own" }, { app })).read("made.txt"));
      }
      expect(made[0] === made[1]).toBe(isShared);
    });

    it("that is a folder of the app is kept for its service, and in no image", async () => {
      const shell =
        "cat .next/cache/note > seen.txt 2>/dev/null; mkdir -p .next/cache; echo kept > .next/cache/note; echo page > .next/page; echo end >> seen.txt";
      const plan = shellPlan(under(), shell, { caches: ["next"] });
      const first = await build(under(), plan, { a: "1" });
      expect(await first.read("seen.txt")).toBe("end\n");
      expect(await first.read(".next/page")).toBe("page\n");
      await expect(first.read(".next/cache/note")).rejects.toThrow("ENOENT");
      expect(await (await build(under(), plan, { a: "2" })).read("seen.txt")).toBe("kept\nend\n");
      expect(await (await build(under(), plan, { a: "3" }, { app: "other" })).read("seen.txt")).toBe("end\n");
    });

    it("that is a folder of the app is no way out of it", async () => {
      const files = {
        ".next": { mode: "120000" as const, content: Buffer.from("elsewhere") },
        "elsewhere/cache/own": "1",
      };
      const plan = shellPlan(under(), "cat elsewhere/cache/own > seen.txt", { caches: ["next"] });
      const outcome = await build(under(), plan, files);
      expect(await outcome.read("seen.txt")).toBe("1");
      expect(await outcome.read("elsewhere/cache/own")).toBe("1");
    });
  });
}
