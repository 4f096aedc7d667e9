import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { readGlibc } from "../../host/platform.ts";
import { makeAbi, mergeAbi } from "./abi.ts";
import { newerVersion } from "./elf.ts";
import { findNative } from "./find-native.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-native-"));
});
afterEach(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;

describe("compiled files", () => {
  it("are found with what they need of glibc", async ({ skip }) => {
    const glibc = readGlibc();
    if (glibc === null) skip("this machine has no glibc");
    await mkdir(join(folder, "lib/deep"), { recursive: true });
    await copyFile(process.execPath, join(folder, "lib/deep/program"));
    await symlink("program", join(folder, "lib/deep/linked.node"));
    const found = await findNative(folder, ["lib"], never);
    expect(found).toMatchObject({ glibc: expect.stringMatching(/^2\.\d+/), musl: false, node: false });
    expect(newerVersion(found.glibc, glibc)).toBe(glibc);
    await copyFile(process.execPath, join(folder, "lib/addon.node"));
    expect(await findNative(folder, ["lib"], never)).toMatchObject({ node: true });
    expect(await findNative(folder, ["."], never, ["lib"])).toMatchObject({ glibc: null, node: false });
  });

  it("are none among scripts, texts, and what only looks like one", async () => {
    await writeFile(join(folder, "LICENSE"), "text");
    await writeFile(join(folder, "short.so"), "\u007fELF");
    await writeFile(join(folder, "empty"), "");
    await writeFile(
      join(folder, "broken.node"),
      Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]), Buffer.alloc(58, 0xff)]),
    );
    const found = await findNative(folder, [".", "missing"], never);
    expect(found).toMatchObject({ glibc: null, musl: false });
  });
});

describe("what parts are tied to", () => {
  it("names Node where there are extensions of it, and other languages always", () => {
    const tools = { node: "137", python: "cp311" };
    expect(makeAbi({ glibc: null, musl: false, node: false }, tools)).toEqual({ python: "cp311" });
    expect(makeAbi({ glibc: "2.34", musl: false, node: true }, tools)).toEqual({
      node: "137",
      python: "cp311",
      glibc: "2.34",
    });
    expect(makeAbi({ glibc: null, musl: true, node: false }, {})).toEqual({ musl: "1" });
  });

  it("is of all layers the newest glibc", () => {
    expect(mergeAbi({ glibc: "2.9" }, { glibc: "2.34", python: "cp311" }, {})).toEqual({
      glibc: "2.34",
      python: "cp311",
    });
    expect(mergeAbi({}, {})).toEqual({});
  });
});
