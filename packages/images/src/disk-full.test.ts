import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toBerthError } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Images } from "./images.ts";
import { digestOf } from "./layout/blobs.ts";
import { openTestImages, plainSpec } from "./testing/images.ts";

const execute = promisify(execFile);
const signal = new AbortController().signal;

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

async function mountDisk(sizeKb: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "berth-disk-"));
  await execute("mount", ["-t", "tmpfs", "-o", `size=${sizeKb}k`, "tmpfs", folder]);
  onTestFinished(async () => {
    await execute("umount", ["--lazy", folder]);
    rmdirSync(folder);
  });
  return folder;
}

async function pack(images: Images, files: TestFiles) {
  const source = makeTestTree(files);
  const entries = await source.list();
  const { layer } = await images.treeLayer({ source, entries, prefix: "app", previous: null, signal });
  return images.assemble({ ...plainSpec, layers: [layer] });
}

async function expectWhole(home: string): Promise<void> {
  // What is known of a layer is written beside other work, and nobody waits for it.
  const left = async () =>
    (await Promise.all(["images/drafts", "files/drafts"].map((name) => readdir(join(home, name))))).flat();
  await expect.poll(left, { timeout: 10_000 }).toEqual([]);
  expect((await readdir(join(home, "unpacked"))).filter((name) => name.startsWith(".draft-"))).toEqual([]);
  const blobs = join(home, "images/blobs/sha256");
  for (const name of await readdir(blobs)) expect(digestOf(await readFile(join(blobs, name)))).toBe(`sha256:${name}`);
}

// A small file system can be mounted by root alone.
describe.skipIf(!canMount())("a disk that fills", () => {
  // The archive and the blob take 1 MB each, and so does the copy.
  it.each([500, 1000, 1500, 2000, 2100, 2200, 2500, 3000])(
    "of %d kB is said to be full, has nothing half-stored, and the next image is made",
    async (sizeKb) => {
      const home = await mountDisk(sizeKb);
      const images = await openTestImages(home);
      const error = await pack(images, { "large.bin": randomBytes(1 << 20) }).then(
        () => null,
        (thrown: unknown) => toBerthError(thrown),
      );
      expect(error).toMatchObject({ code: "disk.full" });
      await expectWhole(home);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await images.collect({ images: [], layers: [] }, 0);
      const { digest } = await pack(images, { "server.js": "1" });
      const { workdir } = await images.unpack(digest);
      expect(await readFile(join(workdir, "server.js"), "utf8")).toBe("1");
      await expectWhole(home);
    },
  );

  it("takes no part of a given archive", async () => {
    const home = await mountDisk(1500);
    const images = await openTestImages(home);
    async function* chunks() {
      for (let i = 0; i < 40; i++) yield randomBytes(100_000);
    }
    const error = await images.archiveLayer(chunks()).then(
      () => null,
      (thrown: unknown) => toBerthError(thrown),
    );
    expect(error).toMatchObject({ code: "disk.full" });
    await expectWhole(home);
    await pack(images, { "server.js": "1" });
  });
});
