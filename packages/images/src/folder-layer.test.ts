import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, link, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import type { Images } from "./images.ts";
import type { Layer } from "./layer/entry.ts";
import type { FolderLayerSpec } from "./layer/walk.ts";
import { makeHome, openTestImages, plainSpec } from "./testing/images.ts";

const execute = promisify(execFile);
const signal = new AbortController().signal;

function pack(images: Images, folder: string, more: Partial<FolderLayerSpec> = {}, baseline?: Digest): Promise<Layer> {
  return images.folderLayer({ root: folder, sources: [{ host: folder, path: "app" }], exclude: [], ...more }, baseline);
}

async function unpack(images: Images, ...layers: Layer[]) {
  return images.unpack((await images.assemble({ ...plainSpec, layers })).digest);
}

/** What tar says of a layer's entries: mode, owner, name and target, without size and time. */
async function list(home: string, images: Images, layer: Layer): Promise<string[]> {
  const blob = join(home, "images", "blobs", "sha256", layer.digest.slice(7));
  await images.settle(layer.digest);
  const { stdout } = await execute("tar", ["--numeric-owner", "--quoting-style=escape", "-tvzf", blob]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^(\S+) (\S+) +\d+ \S+ \S+ /, "$1 $2 "));
}

describe("a layer of a folder", () => {
  it("has the content of a file with several names once, under the first of them", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    await mkdir(join(folder, "lib"));
    await writeFile(join(folder, "z.js"), "shared".repeat(1000), { mode: 0o755 });
    await link(join(folder, "z.js"), join(folder, "lib/a.js"));
    await link(join(folder, "z.js"), join(folder, "m.js"));
    const layer = await pack(images, folder);
    expect(await list(home, images, layer)).toEqual([
      "drwxr-xr-x 0/0 app/",
      "drwxr-xr-x 0/0 app/lib/",
      "-rwxr-xr-x 0/0 app/lib/a.js",
      "hrwxr-xr-x 0/0 app/m.js link to app/lib/a.js",
      "hrwxr-xr-x 0/0 app/z.js link to app/lib/a.js",
    ]);
    expect(layer.files).toBe(3);
    const { workdir } = await unpack(images, layer);
    for (const path of ["lib/a.js", "m.js", "z.js"]) {
      expect(await readFile(join(workdir, path), "utf8")).toBe("shared".repeat(1000));
    }
    const target = await makeHome();
    await images.extract(layer.digest, "app", target);
    await writeFile(join(target, "m.js"), "own");
    expect(await readFile(join(target, "z.js"), "utf8")).toBe("shared".repeat(1000));

    const copy = await makeHome();
    await execute("cp", ["-a", `${folder}/.`, copy]);
    expect(await pack(await openTestImages(await makeHome()), copy)).toEqual(layer);
  });

  it("knows hard links of the layer below as the files that they are", async () => {
    const images = await openTestImages(await makeHome());
    const folder = await makeHome();
    await writeFile(join(folder, "a.js"), "1");
    await link(join(folder, "a.js"), join(folder, "b.js"));
    const below = await pack(images, folder);
    const work = await makeHome();
    await images.extract(below.digest, "app", work);
    await writeFile(join(work, "b.js"), "2");
    await rm(join(work, "a.js"));
    const upper = await pack(images, work, {}, below.digest);
    const { workdir } = await unpack(images, below, upper);
    expect(await readdir(workdir)).toEqual(["b.js"]);
    expect(await readFile(join(workdir, "b.js"), "utf8")).toBe("2");
  });

  it("drops what is setuid, setgid or sticky, and what is no file", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    await mkdir(join(folder, "sticky"), { mode: 0o755 });
    await chmod(join(folder, "sticky"), 0o1777);
    await writeFile(join(folder, "tool"), "x");
    await chmod(join(folder, "tool"), 0o6755);
    await execute("mkfifo", [join(folder, "pipe")]);
    await execute("python3", [
      "-c",
      "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
      join(folder, "s"),
    ]);
    expect(await list(home, images, await pack(images, folder))).toEqual([
      "drwxr-xr-x 0/0 app/",
      "drwxr-xr-x 0/0 app/sticky/",
      "-rwxr-xr-x 0/0 app/tool",
    ]);
  });

  it("keeps names with a newline, a space at the end, letters of any script, and 1,000 bytes", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    const deep = Array.from({ length: 4 }, (_, i) => `${i}`.repeat(249)).join("/");
    const names = ["two\nlines", "space ", "日本語 😀", "-rf", "a\\b", '"quoted"', deep];
    await mkdir(join(folder, deep, ".."), { recursive: true });
    for (const name of names) await writeFile(join(folder, name), name);
    const layer = await pack(images, folder);
    const { workdir } = await unpack(images, layer);
    for (const name of names) expect(await readFile(join(workdir, name), "utf8")).toBe(name);
    const target = await makeHome();
    await execute("tar", ["-xzf", join(home, "images", "blobs", "sha256", layer.digest.slice(7)), "-C", target]);
    for (const name of names) expect(await readFile(join(target, "app", name), "utf8")).toBe(name);

    const tree = makeTestTree(Object.fromEntries(names.map((name) => [name, name])));
    const spec = { source: tree, entries: await tree.list(), prefix: "app", previous: null, signal };
    const copy = await unpack(images, (await images.treeLayer(spec)).layer);
    for (const name of names) expect(await readFile(join(copy.workdir, name), "utf8")).toBe(name);
  });

  it("refuses a name that is not in UTF-8", async () => {
    const images = await openTestImages(await makeHome());
    const folder = await makeHome();
    await writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), "x");
    await expect(pack(images, folder)).rejects.toMatchObject({ code: "source.unsupported" });
  });

  it("keeps links in a circle and links to anywhere in the image, and follows none", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    await symlink("b", join(folder, "a"));
    await symlink("a", join(folder, "b"));
    await symlink(".", join(folder, "self"));
    await symlink("/usr/bin/python3", join(folder, "python"));
    await symlink("../etc/hosts", join(folder, "hosts"));
    expect(await list(home, images, await pack(images, folder))).toEqual([
      "drwxr-xr-x 0/0 app/",
      "lrwxrwxrwx 0/0 app/a -> b",
      "lrwxrwxrwx 0/0 app/b -> a",
      "lrwxrwxrwx 0/0 app/hosts -> ../etc/hosts",
      "lrwxrwxrwx 0/0 app/python -> /usr/bin/python3",
      "lrwxrwxrwx 0/0 app/self -> .",
    ]);
  });

  it("refuses a link that leads out of the root, from a folder and from a tree", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    await mkdir(join(folder, "lib"));
    await symlink("../../../etc/passwd", join(folder, "lib/up"));
    const refusal = { code: "source.unsupported", path: "app/lib/up" };
    await expect(pack(images, folder)).rejects.toMatchObject(refusal);
    const tree = makeTestTree({ "lib/up": { mode: "120000", content: Buffer.from("x/../../../../etc") } });
    const spec = { source: tree, entries: await tree.list(), prefix: "app", previous: null, signal };
    await expect(images.treeLayer(spec)).rejects.toMatchObject(refusal);
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
  });

  it("names what is gone where it is told so, and nothing else", async () => {
    const images = await openTestImages(await makeHome());
    const folder = await makeHome();
    await mkdir(join(folder, "m/old"), { recursive: true });
    for (const name of ["m/kept.js", "m/gone.js", "m/old/a.js", "m/old/b.js"])
      await writeFile(join(folder, name), name);
    const below = await pack(images, folder);
    const changes = await makeHome();
    await writeFile(join(changes, "new.js"), "new");
    const removed = ["app/m/gone.js", "app/m/old", "app/never-was-there"];
    const upper = await pack(images, changes, { removed }, below.digest);
    const { workdir } = await unpack(images, below, upper);
    expect((await readdir(workdir, { recursive: true })).toSorted()).toEqual(["m", "m/kept.js", "new.js"]);
  });

  it("is the same in another process, folder, time zone and language, and for another user", async () => {
    const folder = await makeHome();
    for (let i = 0; i < 50; i++) await writeFile(join(folder, `file-${i}.js`), `${i} `.repeat(3000));
    await link(join(folder, "file-3.js"), join(folder, "again.js"));
    await symlink("file-4.js", join(folder, "link.js"));
    const here = await pack(await openTestImages(await makeHome()), folder);
    const copy = join(await makeHome(), "a longer name of a folder");
    await execute("cp", ["-r", "--preserve=links", folder, copy]);
    for (const path of [copy, join(copy, "..")]) await chmod(path, 0o755);
    const child = join(import.meta.dirname, "testing/pack-child.ts");
    const env = { TZ: "Pacific/Auckland", LC_ALL: "C", TMPDIR: "/tmp" };
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout } = await execute("sh", ["-c", 'umask 077; exec "$@"', "sh", process.execPath, child, copy], {
      cwd: "/",
      env,
      ...user,
    });
    expect(JSON.parse(stdout)).toEqual(here);
  });

  it("is the same with a layer before it as without", async () => {
    const images = await openTestImages(await makeHome());
    const folder = await makeHome();
    for (let i = 0; i < 300; i++)
      await writeFile(join(folder, `file-${i}.js`), createHash("sha512").update(`${i}`).digest("hex").repeat(20));
    const before = await pack(images, folder);
    await writeFile(join(folder, "file-7.js"), "changed");
    const spec = { root: folder, sources: [{ host: folder, path: "app" }], exclude: [] };
    const after = await images.folderLayer(spec, undefined, before.digest);
    expect(await pack(await openTestImages(await makeHome()), folder)).toEqual(after);
  });
});

describe("folders that stay writable", () => {
  it("belong with what is in them to whoever runs in the image, and are there though they be empty", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    await mkdir(join(folder, "storage/logs"), { recursive: true });
    await writeFile(join(folder, "storage/logs/app.log"), "x");
    await writeFile(join(folder, "server.js"), "x");
    const writable = ["storage", "var/cache"];
    const expected = [
      "drwxr-xr-x 0/0 app/",
      "-rw-r--r-- 0/0 app/server.js",
      "drwxr-xr-x 1000/1000 app/storage/",
      "drwxr-xr-x 1000/1000 app/storage/logs/",
      "-rw-r--r-- 1000/1000 app/storage/logs/app.log",
      "drwxr-xr-x 0/0 app/var/",
      "drwxr-xr-x 1000/1000 app/var/cache/",
    ];
    expect(await list(home, images, await pack(images, folder, { writable }))).toEqual(expected);
    const tree = makeTestTree({ "server.js": "x", "storage/logs/app.log": "x" });
    const spec = { source: tree, entries: await tree.list(), prefix: "app", previous: null, signal };
    const before = await images.treeLayer(spec);
    const { layer } = await images.treeLayer({ ...spec, writable, previous: before.layer.digest });
    expect(await list(home, images, layer)).toEqual(expected);
    expect(await images.treeLayer({ ...spec, writable, previous: layer.digest })).toEqual({ layer, changed: 0 });
    expect((await images.treeLayer({ ...spec, previous: layer.digest })).layer).toEqual(before.layer);
  });

  it("are the whole app where that is said", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const folder = await makeHome();
    await writeFile(join(folder, "server.js"), "x");
    expect(await list(home, images, await pack(images, folder, { writable: ["."] }))).toEqual([
      "drwxr-xr-x 1000/1000 app/",
      "-rw-r--r-- 1000/1000 app/server.js",
    ]);
  });

  it("are refused below a link, which would lead elsewhere", async () => {
    const images = await openTestImages(await makeHome());
    const folder = await makeHome();
    const outside = await makeHome();
    await symlink(outside, join(folder, "data"));
    const refusal = { code: "source.unsupported", path: "app/data/sub" };
    await expect(pack(images, folder, { writable: ["data/sub"] })).rejects.toMatchObject(refusal);
    const tree = makeTestTree({ data: { mode: "120000", content: Buffer.from(outside) } });
    const spec = { source: tree, entries: await tree.list(), prefix: "app", previous: null, signal };
    await expect(images.treeLayer({ ...spec, writable: ["data/sub"] })).rejects.toMatchObject(refusal);
    // Images of before could say so: nothing is made behind the link.
    const { layer } = await images.treeLayer(spec);
    const { digest } = await images.assemble({ ...plainSpec, layers: [layer], writable: ["data/sub"] });
    const { workdir } = await images.unpack(digest);
    expect(await readlink(join(workdir, "data"))).toBe(outside);
    expect(await readdir(outside)).toEqual([]);
  });
});
