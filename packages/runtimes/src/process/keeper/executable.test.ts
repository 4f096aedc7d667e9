import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findExecutable, missingInterpreter } from "./executable.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-path-"));
  await mkdir(join(folder, "one", "serve"), { recursive: true });
  await mkdir(join(folder, "two"));
  await writeFile(join(folder, "two", "serve"), "#!/bin/sh\n");
  await writeFile(join(folder, "one", "notes"), "no program");
  await chmod(join(folder, "two", "serve"), 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("missingInterpreter", () => {
  it.each([
    ["#!/bin/sh\n", null],
    ["#! /bin/sh -e\nexit\r\n", null],
    ["no script\r\n", null],
    ["", null],
    ["#!/bin/sh\r\nexit\r\n", "start has the line ends of Windows, which make its first line no program's name"],
    ["#!/no/such/sh\n", "start is to be run by /no/such/sh, which is not there"],
  ])("says of a script that begins with %j %j", async (text, reason) => {
    await writeFile(join(folder, "start"), text);
    expect(missingInterpreter(join(folder, "start"))).toBe(reason);
  });
});

describe("findExecutable", () => {
  it("takes the first program in PATH, and no folder of that name", () => {
    const path = `${folder}/one:${folder}/two`;
    expect(findExecutable("serve", path, "/")).toBe(join(folder, "two", "serve"));
  });

  it("takes a word with a slash from the working folder", () => {
    expect(findExecutable("./two/serve", "", folder)).toBe(join(folder, "two", "serve"));
    expect(findExecutable(join(folder, "two/serve"), "", "/")).toBe(join(folder, "two", "serve"));
  });

  it("finds nothing that is missing, empty or not to be executed", () => {
    const path = `${folder}/one:${folder}/two:/no/such/folder`;
    for (const word of ["nothing", "", "notes", "./two", "./missing"]) {
      expect(findExecutable(word, path, folder)).toBeNull();
    }
  });
});
