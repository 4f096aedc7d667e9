import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { watchFolder } from "./watch-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-watch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = ""): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Watches the folder, and tells what has changed since it was asked last. */
async function watching(leftOut: readonly string[] = []) {
  let heard = new Set<string>();
  let asked = 0;
  const watched = await watchFolder({
    folder,
    leftOut: async () => {
      asked += 1;
      return new Set(leftOut.map((path) => join(folder, path)));
    },
    onChange: (path) => heard.add(relative(folder, path)),
    onTooMany: () => undefined,
  });
  onTestFinished(() => watched.close());
  const hears = async (path: string) => {
    await expect.poll(() => heard.has(path), { timeout: 20_000 }).toBe(true);
    const all = [...heard].toSorted();
    heard = new Set();
    return all;
  };
  return { watched, hears, asked: () => asked };
}

it("hears a file that is written, one that is renamed into place, and one that goes", async () => {
  write("server.js");
  const { hears, asked } = await watching();
  write("server.js", "1");
  expect(await hears("server.js")).toEqual(["server.js"]);
  write("server.js.new", "2");
  renameSync(join(folder, "server.js.new"), join(folder, "server.js"));
  await hears("server.js");
  rmSync(join(folder, "server.js"));
  await hears("server.js");
  expect(asked()).toBe(1);
});

it("hears what changes below folders that have come, moved, or come back", async () => {
  const { watched, hears } = await watching();
  write("a/b/c/deep.js");
  await hears("a");
  await watched.follow();
  renameSync(join(folder, "a"), join(folder, "moved"));
  await hears("moved");
  await watched.follow();
  rmSync(join(folder, "moved"), { recursive: true });
  await hears("moved");
  await watched.follow();
  expect(watched.count()).toBe(1);
  write("moved/b/c/deep.js");
  await hears("moved");
  await watched.follow();
  expect(watched.count()).toBe(4);
  write("moved/b/c/deep.js", "again");
  await hears("moved/b/c/deep.js");
});

it("hears thousands of changes at once", async () => {
  for (let number = 0; number < 2_000; number += 1) write(`lib/${number % 80}/${number}.js`, "1");
  const { watched, hears } = await watching();
  expect(watched.count()).toBe(82);
  for (let number = 0; number < 2_000; number += 1) write(`lib/${number % 80}/${number}.js`, "2");
  await hears("lib/79/1999.js");
});

it("neither watches nor reads what is left out, and follows where that changes", async () => {
  write("node_modules/x/index.js");
  write(".git/HEAD");
  write("server.js");
  const leftOut = ["node_modules", "app.log"];
  const { watched, hears, asked } = await watching(leftOut);
  expect(watched.count()).toBe(1);
  write("node_modules/x/index.js", "1");
  write("app.log", "1");
  write(".git/index", "1");
  write("server.js", "1");
  expect(await hears("server.js")).toEqual(["server.js"]);
  leftOut.length = 0;
  write(".gitignore", "");
  await hears(".gitignore");
  await watched.follow();
  expect([watched.count(), asked()]).toEqual([3, 2]);
  watched.outdate();
  await watched.follow();
  await watched.follow();
  expect(asked()).toBe(3);
});

it("lives on where its folder goes", async () => {
  write("lib/one.js");
  const { watched } = await watching();
  rmSync(folder, { recursive: true });
  watched.outdate();
  await expect(watched.follow()).resolves.toBeUndefined();
});
