import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { makeHome, openTestImages } from "./testing/images.ts";

/** The threads that are started until the test has ended. */
function noteThreads(): unknown[] {
  const started: unknown[] = [];
  const note = (message: unknown) => void started.push(message);
  subscribe("worker_threads", note);
  onTestFinished(() => void unsubscribe("worker_threads", note));
  return started;
}

it("starts no thread where nothing was left", async () => {
  const threads = noteThreads();
  const home = await makeHome();
  await openTestImages(home);
  const images = await openTestImages(home, { bootId: "boot-2" });
  expect(threads).toEqual([]);
  images.warm();
  expect(threads).toHaveLength(1);
});

it("removes archives that were made before the machine was started anew", async () => {
  const home = await makeHome();
  await openTestImages(home);
  const archives = join(home, "cache", "archives");
  await mkdir(join(archives, "half"));
  await openTestImages(home, { bootId: "boot-2" });
  expect(await readdir(archives)).toEqual([]);
  const left = async () => (await readdir(home, { recursive: true })).filter((path) => path.endsWith("/half"));
  await vi.waitFor(async () => expect(await left()).toEqual([]));
});
