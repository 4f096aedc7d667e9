import { chmod, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openHome } from "./home.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-home-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

it("makes a home for its owner alone", async () => {
  const { root } = openHome(join(folder, "new"));
  expect(await modeOf(root)).toBe(0o700);
});

it("keeps what lies in a home that others may look into for its owner, also what an older Berth left open", async () => {
  await chmod(folder, 0o755);
  await mkdir(join(folder, "git"), { mode: 0o755 });
  openHome(folder);
  expect(await modeOf(folder)).toBe(0o755);
  for (const name of ["git", "images", "unpacked", "files", "work", "cache", "tools"]) {
    expect(await modeOf(join(folder, name))).toBe(0o700);
  }
});

it("says what to do where the home cannot be made", () => {
  expect(() => openHome("/proc/self/environ/berth")).toThrow("BERTH_HOME cannot be written");
});
