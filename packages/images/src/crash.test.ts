import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Digest } from "@berth/core";
import { expect, it, onTestFinished } from "vitest";
import { digestOf } from "./layout/blobs.ts";
import { makeHome, openTestImages } from "./testing/images.ts";

const child = join(import.meta.dirname, "testing", "crash-child.ts");

/** Lets a process make images and kills it a little after it has made `count`; what it said it had made. */
async function makeUntilKilled(home: string, count: number, delayMs: number): Promise<[Digest, string][]> {
  const maker = spawn(process.execPath, [child, home], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void maker.kill("SIGKILL"));
  const made: [Digest, string][] = [];
  const closed = once(maker, "close");
  for await (const line of createInterface({ input: maker.stdout })) {
    const [digest, content = ""] = line.split(" ");
    made.push([digest as Digest, content]);
    if (made.length === count) setTimeout(() => maker.kill("SIGKILL"), delayMs);
  }
  await closed;
  return made;
}

it("loses no image that was made and keeps none that is half-made, whenever the process is killed", async () => {
  const home = await makeHome();
  const made: [Digest, string][] = [];
  for (const delayMs of [0, 3, 7, 12, 20]) made.push(...(await makeUntilKilled(home, 3, delayMs)));
  const images = await openTestImages(home);
  await expect.poll(() => readdir(join(home, "images", "drafts")), { timeout: 10_000 }).toEqual([]);
  const hidden = () =>
    readdir(join(home, "unpacked")).then((names) => names.filter((name) => name.startsWith(".draft-")));
  await expect.poll(hidden, { timeout: 10_000 }).toEqual([]);

  const blobs = join(home, "images", "blobs", "sha256");
  for (const name of await readdir(blobs)) expect(digestOf(await readFile(join(blobs, name)))).toBe(`sha256:${name}`);
  const { manifests } = JSON.parse(await readFile(join(home, "images", "index.json"), "utf8"));
  const listed = manifests.map((manifest: { digest: Digest }) => manifest.digest);
  expect(listed).toEqual(expect.arrayContaining(made.map(([digest]) => digest)));
  for (const [digest, content] of made) {
    const { workdir } = await images.unpack(digest);
    expect(await readFile(join(workdir, "server.js"), "utf8")).toBe(content);
    expect(await readdir(workdir)).toHaveLength(11);
  }
}, 60_000);
