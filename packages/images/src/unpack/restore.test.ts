import { chmod, link, lstat, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTestTree } from "@berth/core/testing";
import { expect, it } from "vitest";
import { makeHome, openTestImages } from "../testing/images.ts";

const files = {
  "app/lib/a.js": "aaaa",
  "app/lib/b.js": "bbbb",
  "app/lib/deep/c.js": "cccc",
  "app/lib/gone.js": "gone",
  "app/run": { mode: "100755" as const, content: Buffer.from("#!/bin/sh") },
  "app/link": { mode: "120000" as const, content: Buffer.from("lib/a.js") },
  "app/other/d.js": "dddd",
};

async function describeFolder(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).toSorted();
  const described = names.map(async (name) => {
    const stat = await lstat(join(folder, name));
    const content = stat.isFile() ? await readFile(join(folder, name), "utf8") : "";
    return `${name} ${stat.mode} ${stat.isDirectory() ? "" : stat.isFile() ? stat.mtimeMs : "link"} ${content}`;
  });
  return Promise.all(described);
}

/** A time of last change that everything written by now has, and nothing that is written from now on. */
async function tick(folder: string): Promise<bigint> {
  const path = join(folder, "tick");
  const touch = async () => {
    await writeFile(path, "");
    return (await lstat(path, { bigint: true })).ctimeNs;
  };
  const first = await touch();
  while ((await touch()) <= first);
  return first;
}

it("makes a copy again what it was, whatever was done to it", async () => {
  const home = await makeHome();
  const images = await openTestImages(home);
  const source = makeTestTree(files);
  const signal = new AbortController().signal;
  const { layer } = await images.treeLayer({
    source,
    entries: await source.list(),
    prefix: "",
    previous: null,
    signal,
  });
  const folder = join(home, "copy");
  await mkdir(folder);
  await images.extract(layer.digest, "app", folder);
  const before = await describeFolder(folder);
  const since = await tick(home);
  const { atime, mtime } = await lstat(join(folder, "lib/a.js"));
  await writeFile(join(folder, "lib/a.js"), "AAAA");
  await utimes(join(folder, "lib/a.js"), atime, mtime);
  await rename(join(folder, "lib/b.js"), join(folder, "lib/moved.js"));
  await link(join(folder, "lib/deep/c.js"), join(folder, "lib/deep/second-name"));
  await rm(join(folder, "lib/gone.js"));
  await chmod(join(folder, "run"), 0o644);
  await rm(join(folder, "link"));
  await symlink("lib/b.js", join(folder, "link"));
  await rm(join(folder, "other"), { recursive: true });
  await writeFile(join(folder, "other"), "a file now");
  await mkdir(join(folder, "new/folder"), { recursive: true });
  const untouched = await lstat(join(folder, "lib/deep"));
  await images.restore(layer.digest, "app", folder, since);
  expect(await describeFolder(folder)).toEqual(before);
  expect((await lstat(join(folder, "lib/deep"))).ino).toBe(untouched.ino);
});
