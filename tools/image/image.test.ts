import { describe, expect, it } from "vitest";
import { isNeeded } from "./dependencies.ts";
import { librariesOf } from "./git-program.ts";
import { readImageOptions } from "./options.ts";
import { chooseSources } from "./sources.ts";

describe("the image of Berth", () => {
  it("has the sources that it runs from, and nothing that only tests read", () => {
    const files = [
      "packages/core/src/index.ts",
      "packages/core/src/index.test.ts",
      "packages/stacks/src/fixtures/node/package.json",
      "packages/runtimes/src/conformance/suite.ts",
      "packages/images/src/testing/home.ts",
      "packages/images/scripts/measure.ts",
      "apps/server/package.json",
      "test/push/way.ts",
      "docs/api.md",
      "package.json",
    ];
    expect(chooseSources(files)).toEqual(["apps/server/package.json", "package.json", "packages/core/src/index.ts"]);
  });

  it("has the binary of its own processor, and nothing that tells of the machine that made it", () => {
    const sqlite = "node_modules/.pnpm/better-sqlite3@13.2.0/node_modules/better-sqlite3";
    expect(isNeeded(`${sqlite}/prebuilds/linux-x64.node`, "x64")).toBe(true);
    expect(isNeeded(`${sqlite}/prebuilds/linux-arm64.node`, "x64")).toBe(false);
    expect(isNeeded(`${sqlite}/prebuilds/linux-arm64.node`, "arm64")).toBe(true);
    expect(isNeeded(`${sqlite}/lib/index.js`, "x64")).toBe(true);
    expect(isNeeded(`${sqlite}/deps`, "x64")).toBe(false);
    expect(isNeeded("apps/server/node_modules/.bin", "x64")).toBe(false);
    expect(isNeeded("node_modules/.modules.yaml", "x64")).toBe(false);
    expect(isNeeded("node_modules/.pnpm/zod@4.6.7/node_modules/zod/index.d.ts", "x64")).toBe(false);
  });

  it("has the libraries of git that a base may lack", () => {
    const printed = `
	linux-vdso.so.1 (0x00007fc3a1f17000)
	libpcre2-8.so.0 => /lib/x86_64-linux-gnu/libpcre2-8.so.0 (0x00007fc3a1e6c000)
	libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007fc3a1e4d000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fc3a181e000)
	/lib64/ld-linux-x86-64.so.2 (0x00007fc3a1f19000)`;
    expect(librariesOf(printed)).toEqual(["/lib/x86_64-linux-gnu/libpcre2-8.so.0", "/lib/x86_64-linux-gnu/libz.so.1"]);
  });

  it("takes git of this machine only for this machine's processor", () => {
    const machine = { architecture: "amd64", output: "/out" };
    expect(readImageOptions(["--push", "localhost:5055/berth"], machine)).toMatchObject({
      push: "localhost:5055/berth",
      architecture: "amd64",
      git: "machine",
    });
    expect(() => readImageOptions(["--platform", "linux/arm64"], machine)).toThrow("--git base");
    expect(readImageOptions(["--platform", "linux/arm64", "--git", "base"], machine)).toMatchObject({
      architecture: "arm64",
    });
    expect(() => readImageOptions(["--platform", "windows/amd64"], machine)).toThrow("linux/amd64");
  });
});
