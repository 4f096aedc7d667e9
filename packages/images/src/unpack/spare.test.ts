import { lstat, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Images } from "../images.ts";
import { makeHome, openTestImages, plainSpec } from "../testing/images.ts";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";

const signal = new AbortController().signal;

async function deploy(images: Images, files: TestFiles): Promise<string> {
  const source = makeTestTree(files);
  const spec = { source, entries: await source.list(), prefix: "app", previous: null, signal };
  const { layer } = await images.treeLayer(spec);
  const { digest } = await images.assemble({ ...plainSpec, layers: [layer] }, "shop/web");
  return (await images.unpack(digest)).root;
}

/** Everything there is in a folder: paths, modes, times, contents and targets. */
async function describeFolder(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const stat = await lstat(path);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isDirectory()) return `${name}/ ${mode}`;
      if (stat.isSymbolicLink()) return `${name} -> ${await readlink(path)}`;
      return `${name} ${mode} ${stat.mtimeMs} ${await readFile(path, "utf8")}`;
    }),
  );
}

function spares(home: string): Promise<string[]> {
  return readdir(join(home, "unpacked")).then((names) => names.filter((name) => name.startsWith(".spare-")));
}

const script = (content: string) => ({ mode: "100755" as const, content: Buffer.from(content) });
const link = (target: string) => ({ mode: "120000" as const, content: Buffer.from(target) });

const before: TestFiles = {
  "kept/a.js": "a",
  "kept/changed.js": "1",
  "kept/mode": "run",
  "gone/deep/one.js": "1",
  "gone/deep/two.js": "2",
  "file-to-folder": "file",
  "folder-to-file/x": "x",
  "link-to-file": link("kept/a.js"),
  link: link("kept/a.js"),
};

const after: TestFiles = {
  "kept/a.js": "a",
  "kept/changed.js": "2",
  "kept/mode": script("run"),
  "new/deep/one.js": "1",
  "file-to-folder/inside": "folder",
  "file-to-folder/deeper/inside": "folder",
  "folder-to-file": "file",
  "link-to-file": "file",
  link: link("kept/changed.js"),
};

describe("a spare copy", () => {
  it("becomes exactly the copy that is made from nothing", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const old = await deploy(images, before);
    const oldContent = await describeFolder(old);
    await expect.poll(() => spares(home), { timeout: 20_000 }).toHaveLength(1);
    const [spare] = await spares(home);
    const spareInode = (await lstat(join(home, "unpacked", spare!))).ino;
    const changed = await deploy(images, after);
    expect((await lstat(join(changed, ".."))).ino).toBe(spareInode);
    const fresh = await deploy(await openTestImages(await makeHome()), after);
    expect(await describeFolder(changed)).toEqual(await describeFolder(fresh));
    expect(await describeFolder(old)).toEqual(oldContent);
  });

  it("is not used after a start of the machine", async () => {
    const home = await makeHome();
    await deploy(await openTestImages(home), before);
    await expect.poll(() => spares(home), { timeout: 20_000 }).toHaveLength(1);
    const [spare] = await spares(home);
    await writeFile(join(home, "unpacked", spare!, "root", "lost-in-a-crash"), "");
    const root = await deploy(await openTestImages(home, { bootId: "boot-2" }), after);
    const fresh = await deploy(await openTestImages(await makeHome()), after);
    expect(await describeFolder(root)).toEqual(await describeFolder(fresh));
  });
});
