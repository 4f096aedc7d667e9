import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toBerthError } from "@berth/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { openHost } from "../testing/host.ts";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";

const execute = promisify(execFile);

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "berth-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

async function mountSmallDisk(size: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "berth-disk-"));
  await execute("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  onTestFinished(async () => {
    await execute("umount", ["--lazy", folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** What a build has stored of itself: nothing, where it failed. */
async function stored(home: string): Promise<string[]> {
  const folders = ["images/blobs/sha256", "images/drafts", "unpacked", "files/drafts", "work"];
  const names = await Promise.all(folders.map((folder) => readdir(join(home, folder)).catch(() => [])));
  return names.flat().filter((name) => !name.startsWith(".spare-"));
}

// A small file system can be mounted by root alone.
describe.skipIf(!canMount())("a full disk", () => {
  it.each([
    ["while the layer is written", 6],
    ["while the copy is made", 2],
  ])("%s is said as such, leaves nothing half-stored, and the next build works", async (_, megabytes) => {
    const home = await mountSmallDisk("5m");
    const host = await openHost({ home });
    const large = makeRequest({ large: randomBytes(megabytes * 2 ** 20), second: randomBytes(2 ** 19) }, makePlan());
    const error = await host.builder.build(large, makeSink(), never).then(
      () => null,
      (thrown: unknown) => toBerthError(thrown),
    );
    expect(error).toMatchObject({ code: "disk.full" });
    const left = await stored(home);
    const small = makeRequest({ "server.js": "1" }, makePlan());
    const result = await host.builder.build(small, makeSink(), never);
    if (!result.ok) throw new Error("the next build failed");
    expect(await readFile(join((await host.images.unpack(result.artifact.digest)).workdir, "server.js"), "utf8")).toBe(
      "1",
    );
    // A layer that was written whole may stay for the next try; drafts and half copies may not.
    expect(left.filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
    expect(await readdir(join(home, "unpacked"))).toEqual([result.artifact.digest.slice(7)]);
  });

  it("that a step runs into is no fault of the app", async () => {
    const home = await mountSmallDisk("5m");
    const host = await openHost({ home });
    const plan = makePlan({ steps: [makeStep({ command: { shell: "head -c 20000000 /dev/zero > big" } })] });
    await expect(host.builder.build(makeRequest({ a: "1" }, plan), makeSink(), never)).rejects.toMatchObject({
      code: "disk.full",
    });
    expect(await stored(home)).toEqual([]);
    const result = await host.builder.build(makeRequest({ a: "1" }, makePlan()), makeSink(), never);
    expect(result.ok).toBe(true);
  });
});
