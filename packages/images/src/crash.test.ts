import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Digest } from "@berth/core";
import { expect, it, onTestFinished } from "vitest";
import { digestOf } from "./layout/blobs.ts";
import { makeHome, openTestImages } from "./testing/images.ts";

const child = join(import.meta.dirname, "testing", "crash-child.ts");

/** What the processes said they had made and not removed: the content of each image. */
type Made = Map<Digest, string>;

/** Lets a process make and remove images and kills it a little after it has made `count`. */
async function makeUntilKilled(home: string, made: Made, count: number, delayMs: number): Promise<void> {
  const maker = spawn(process.execPath, [child, home], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void maker.kill("SIGKILL"));
  const closed = once(maker, "close");
  let left = count;
  for await (const line of createInterface({ input: maker.stdout })) {
    const [what, digest, content = ""] = line.split(" ");
    if (what === "made") made.set(digest as Digest, content);
    else made.delete(digest as Digest);
    if (what === "made" && --left === 0) setTimeout(() => maker.kill("SIGKILL"), delayMs);
  }
  await closed;
}

it(
  "loses no image that was made and keeps none that is half-made, whenever the process is killed",
  { timeout: 120_000 },
  async () => {
    const home = await makeHome();
    const made: Made = new Map();
    for (const [index, delayMs] of [0, 3, 7, 12, 20, 31].entries())
      await makeUntilKilled(home, made, 3 + (index % 3), delayMs);
    const images = await openTestImages(home);
    await expect.poll(() => readdir(join(home, "images", "drafts")), { timeout: 20_000 }).toEqual([]);
    const hidden = () =>
      readdir(join(home, "unpacked")).then((names) => names.filter((name) => name.startsWith(".draft-")));
    await expect.poll(hidden, { timeout: 20_000 }).toEqual([]);

    const blobs = join(home, "images", "blobs", "sha256");
    const there = await readdir(blobs);
    for (const name of there) expect(digestOf(await readFile(join(blobs, name)))).toBe(`sha256:${name}`);
    expect(images.list()).toEqual(expect.arrayContaining([...made.keys()]));
    expect(made.size).toBeGreaterThan(6);
    for (const digest of images.list()) {
      const { configDigest, layers } = await images.describe(digest);
      for (const part of [configDigest, ...layers.map((layer) => layer.digest)]) expect(there).toContain(part.slice(7));
    }
    for (const [digest, content] of made) {
      const { workdir } = await images.unpack(digest);
      expect(await readFile(join(workdir, "server.js"), "utf8")).toBe(content);
      expect(await readdir(workdir)).toHaveLength(11);
      await images.removeFolder(join(workdir, "../.."));
      await rm(join(home, "cache"), { recursive: true, force: true });
      await mkdir(join(home, "cache/archives"), { recursive: true });
      // From the blobs alone.
      expect(await readFile(join((await images.unpack(digest)).workdir, "server.js"), "utf8")).toBe(content);
    }
  },
);
