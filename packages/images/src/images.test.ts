import { lstat, readdir, readFile, readlink, stat, writeFile, chmod, mkdir, utimes, rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Digest, readWhole, type SourceTree, wholeContentBytes } from "@berth/core";
import { describe, expect, it } from "vitest";
import type { Images } from "./images.ts";
import { makeHome, openTestImages, plainSpec } from "./testing/images.ts";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";

const execute = promisify(execFile);
const signal = new AbortController().signal;

async function pack(images: Images, files: TestFiles, previous: Digest | null = null) {
  const source = makeTestTree(files);
  const { layer, changed } = await images.treeLayer({
    source,
    entries: await source.list(),
    prefix: "app",
    previous,
    signal,
  });
  const image = await images.assemble({ ...plainSpec, layers: [layer] });
  return { ...image, layer, changed, asked: source.asked };
}

const files: TestFiles = {
  "server.js": "console.log('hello')",
  "bin/run": { mode: "100755", content: Buffer.from("#!/bin/sh\n") },
  current: { mode: "120000", content: Buffer.from("bin/run") },
  empty: "",
  "ünïcode/日本.txt": "konnichiwa",
  [`${"deep/".repeat(40)}file-with-a-name.txt`]: "deep",
  [`${"n".repeat(120)}.txt`]: "long",
};

describe("an image", () => {
  it("has the same digest on any machine and in any home", async () => {
    const first = await pack(await openTestImages(await makeHome()), files);
    const second = await pack(await openTestImages(await makeHome()), files);
    expect(second.digest).toBe(first.digest);
    expect(second.layer.digest).toBe(first.layer.digest);
  });

  it("is the same whether it is made from a previous layer or from nothing", async () => {
    const images = await openTestImages(await makeHome());
    const before = await pack(images, {
      ...files,
      "gone.js": "1",
      "server.js": "console.log('older')",
      "z/last.js": "1",
    });
    const after = await pack(images, { ...files, "b-new/file.js": "new" }, before.layer.digest);
    const fresh = await pack(await openTestImages(await makeHome()), { ...files, "b-new/file.js": "new" });
    expect(after.asked.toSorted()).toEqual(["b-new/file.js", "server.js"]);
    expect(after.layer.digest).toBe(fresh.layer.digest);
    expect(after.digest).toBe(fresh.digest);
  });

  it("reads nothing and writes nothing where nothing has changed", async () => {
    const images = await openTestImages(await makeHome());
    const before = await pack(images, files);
    const after = await pack(images, files, before.layer.digest);
    expect(after).toMatchObject({ digest: before.digest, layer: before.layer, changed: 0, asked: [] });
  });

  it("changes its digest with a file's mode alone", async () => {
    const images = await openTestImages(await makeHome());
    const before = await pack(images, { run: "#!/bin/sh\n" });
    const executable = { run: { mode: "100755" as const, content: Buffer.from("#!/bin/sh\n") } };
    const after = await pack(images, executable, before.layer.digest);
    expect(after.digest).not.toBe(before.digest);
    const { workdir } = await images.unpack(after.digest);
    expect((await stat(join(workdir, "run"))).mode & 0o777).toBe(0o555);
  });

  it("tells in which folders it has anything", async () => {
    const images = await openTestImages(await makeHome());
    const { digest } = await pack(images, { "storage/logs/first.txt": "1", "storage-not/x": "1", "server.js": "1" });
    const asked = ["/app/storage", "/app/storage/logs", "/app/stor", "/app/cache"];
    expect((await images.findContent(digest, asked)).toSorted()).toEqual(["/app/storage", "/app/storage/logs"]);
  });

  it("is an OCI layout whose layers tar can read", async () => {
    const home = await makeHome();
    const { digest, layer } = await pack(await openTestImages(home), files);
    const layout = join(home, "images");
    expect(JSON.parse(await readFile(join(layout, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
    const index = JSON.parse(await readFile(join(layout, "index.json"), "utf8"));
    const blob = (name: Digest) => join(layout, "blobs", "sha256", name.slice(7));
    expect(index.manifests).toMatchObject([{ digest, size: (await stat(blob(digest))).size }]);
    const manifest = JSON.parse(await readFile(blob(digest), "utf8"));
    const config = JSON.parse(await readFile(blob(manifest.config.digest), "utf8"));
    expect(config.rootfs.diff_ids).toEqual([layer.diffId]);
    expect(config.config).toMatchObject({
      Env: ["NODE_ENV=production"],
      Cmd: ["node", "server.js"],
      WorkingDir: "/app",
    });

    const target = await makeHome();
    await execute("tar", ["-xf", blob(layer.digest), "-C", target]);
    const contents: [string, string][] = [];
    expect(await readlink(join(target, "app", "current"))).toBe("bin/run");
    for (const [path, file] of Object.entries(files)) {
      const content = typeof file === "object" && "mode" in file ? file.content : file;
      if (path !== "current")
        contents.push([await readFile(join(target, "app", path), "utf8"), Buffer.from(content).toString()]);
    }
    expect(contents.map(([found]) => found)).toEqual(contents.map(([, given]) => given));
    const { stdout } = await execute("tar", ["--numeric-owner", "-tvf", blob(layer.digest)]);
    expect(
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .every((line) => line.includes(" 0/0 ")),
    ).toBe(true);
  });

  it("refuses a path that leads out of it, and leaves nothing behind", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    for (const path of ["../outside", "/etc/passwd", "a/../../b", "a//b", "a/.wh.b"]) {
      await expect(pack(images, { [path]: "x" })).rejects.toMatchObject({
        code: "source.unsupported",
        path: `app/${path}`,
      });
    }
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
  });

  it("refuses a source that has changed while it is read", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const source = makeTestTree({ a: "1", b: "2" });
    const stopped = { ...source, contents: () => source.contents([]) };
    const spec = { source: stopped, entries: await source.list(), prefix: "app", previous: null, signal };
    await expect(images.treeLayer(spec)).rejects.toThrow("not given");
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
  });

  it("is the same whether a large file comes whole or in chunks", async () => {
    const images = await openTestImages(await makeHome());
    const large = randomBytes(3 * wholeContentBytes + 1);
    const mixed = { ...files, "b/large.bin": large, "b/large-copy.bin": large, [`${"d/".repeat(150)}large`]: large };
    const chunked = await pack(images, mixed);
    const source = makeTestTree(mixed);
    const whole: SourceTree = {
      ...source,
      async *contents(wanted) {
        for await (const { entry, content } of source.contents(wanted))
          yield { entry, content: await readWhole(content) };
      },
    };
    const spec = { source: whole, entries: await source.list(), prefix: "app", previous: null, signal };
    const other = await openTestImages(await makeHome());
    expect(await other.treeLayer(spec)).toEqual({ layer: chunked.layer, changed: Object.keys(mixed).length });
    const { workdir } = await images.unpack(chunked.digest);
    expect(large.equals(await readFile(join(workdir, "b/large.bin")))).toBe(true);
    expect(await readFile(join(workdir, "server.js"), "utf8")).toBe("console.log('hello')");
  });

  it("refuses a large file of which a part is missing, or which has too much", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const source = makeTestTree({ a: randomBytes(2 * wholeContentBytes), b: "2" });
    const [large, small] = await source.list();
    for (const [by, problem] of [
      [1, "not given"],
      [-1, "has more than"],
    ] as const) {
      const entries = [{ ...large!, sizeBytes: large!.sizeBytes + by }, small!];
      const spec = { source, entries, prefix: "app", previous: null, signal };
      await expect(images.treeLayer(spec)).rejects.toThrow(problem);
    }
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
  });
});

describe("an unpacked copy", () => {
  it("has everything, and nothing in it can be changed", async () => {
    const images = await openTestImages(await makeHome());
    const { digest } = await pack(images, files);
    const copy = await images.unpack(digest);
    expect(copy).toMatchObject({ command: { argv: ["node", "server.js"] }, env: { NODE_ENV: "production" } });
    expect(copy.workdir).toBe(join(copy.root, "app"));
    expect(await readFile(join(copy.workdir, "ünïcode/日本.txt"), "utf8")).toBe("konnichiwa");
    expect(await readlink(join(copy.workdir, "current"))).toBe("bin/run");
    const found = await Promise.all(
      (await readdir(copy.root, { recursive: true })).map((name) => lstat(join(copy.root, name))),
    );
    const writable = found.filter((stat) => !stat.isSymbolicLink() && (stat.mode & 0o222) !== 0);
    expect(writable).toEqual([]);
  });

  it("shares the files that are equal with the copies of other images", async () => {
    const images = await openTestImages(await makeHome());
    const one = await images.unpack((await pack(images, files)).digest);
    const two = await images.unpack((await pack(images, { ...files, "server.js": "changed" })).digest);
    const inode = async (folder: string, name: string) => (await stat(join(folder, name))).ino;
    expect(await inode(two.workdir, "bin/run")).toBe(await inode(one.workdir, "bin/run"));
    expect(await inode(two.workdir, "server.js")).not.toBe(await inode(one.workdir, "server.js"));
  });

  it("gives a changed file of equal size another time, in the past", async () => {
    const images = await openTestImages(await makeHome());
    const one = await images.unpack((await pack(images, { "index.html": "<h1>one</h1>" })).digest);
    const two = await images.unpack((await pack(images, { "index.html": "<h1>two</h1>" })).digest);
    const [first, second] = await Promise.all([one, two].map(({ workdir }) => stat(join(workdir, "index.html"))));
    expect(second!.size).toBe(first!.size);
    expect(second!.mtimeMs).not.toBe(first!.mtimeMs);
    expect(Math.max(first!.mtimeMs, second!.mtimeMs)).toBeLessThan(Date.UTC(2021, 0));
  });

  it("is made once though many ask for it at the same time, and found again by the next process", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const { digest } = await pack(images, files);
    const copies = await Promise.all(Array.from({ length: 5 }, () => images.unpack(digest)));
    const again = await (await openTestImages(home)).unpack(digest);
    expect(new Set([...copies, again].map(({ root }) => root)).size).toBe(1);
    expect(await readdir(join(home, "unpacked"))).toEqual([digest.slice(7)]);
  });

  it("is checked after a start of the machine and made again where it is damaged", async () => {
    const home = await makeHome();
    const { digest } = await pack(await openTestImages(home), files);
    const before = await (await openTestImages(home)).unpack(digest);
    const damaged = join(before.workdir, "server.js");
    const { atime, mtime } = await stat(damaged);
    await chmod(damaged, 0o644);
    await writeFile(damaged, "console.log('HELLO')");
    await utimes(damaged, atime, mtime);
    const after = await (await openTestImages(home, { bootId: "boot-2" })).unpack(digest);
    expect(await readFile(join(after.workdir, "server.js"), "utf8")).toBe("console.log('hello')");
  });

  it("does not take a shared file that was changed in place", async () => {
    const images = await openTestImages(await makeHome());
    const one = await images.unpack((await pack(images, files)).digest);
    const shared = join(one.workdir, "server.js");
    await chmod(shared, 0o644);
    await writeFile(shared, "tampered");
    const two = await images.unpack((await pack(images, { ...files, other: "1" })).digest);
    expect(await readFile(join(two.workdir, "server.js"), "utf8")).toBe("console.log('hello')");
  });

  it("can be made from the layers alone, without their records", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const { digest } = await pack(images, files);
    const { root } = await images.unpack(digest);
    await images.removeFolder(join(root, ".."));
    await images.close();
    await rm(join(home, "cache"), { recursive: true });
    const copy = await (await openTestImages(home)).unpack(digest);
    for (const path of Object.keys(files)) await lstat(join(copy.workdir, path));
    expect(await readFile(join(copy.workdir, "ünïcode/日本.txt"), "utf8")).toBe("konnichiwa");
  });

  it("keeps the folders writable that the framework writes to, without touching what others share", async () => {
    const images = await openTestImages(await makeHome());
    const source = makeTestTree({ "cache/page": "old", "server.js": "1" });
    const { layer } = await images.treeLayer({
      source,
      entries: await source.list(),
      prefix: "app",
      previous: null,
      signal,
    });
    const { digest } = await images.assemble({ ...plainSpec, layers: [layer], writable: ["cache", "tmp/data"] });
    const { digest: other } = await images.assemble({ ...plainSpec, layers: [layer] });
    const { workdir } = await images.unpack(digest);
    await writeFile(join(workdir, "cache/page"), "new");
    expect((await stat(join(workdir, "tmp/data"))).mode & 0o777).toBe(0o755);
    expect(await readFile(join((await images.unpack(other)).workdir, "cache/page"), "utf8")).toBe("old");
  });

  it("says which image is not there", async () => {
    const images = await openTestImages(await makeHome());
    const digest: Digest = `sha256:${"0".repeat(64)}`;
    await expect(images.unpack(digest)).rejects.toMatchObject({ code: "image.not-found", path: digest });
  });
});

describe("a layer of a folder", () => {
  it("has empty folders and executables, and neither setuid bits nor sockets nor absolute links into itself", async () => {
    const images = await openTestImages(await makeHome());
    const folder = await makeHome();
    await mkdir(join(folder, "empty"));
    await writeFile(join(folder, "tool"), "x");
    await chmod(join(folder, "tool"), 0o4755);
    await execute("ln", ["-s", join(folder, "tool"), join(folder, "link")]);
    await execute("mkfifo", [join(folder, "pipe")]);
    const layer = await images.folderLayer({ root: folder, sources: [{ host: folder, path: "app" }], exclude: [] });
    const { workdir } = await images.unpack((await images.assemble({ ...plainSpec, layers: [layer] })).digest);
    expect((await readdir(workdir)).toSorted()).toEqual(["empty", "link", "tool"]);
    expect((await stat(join(workdir, "tool"))).mode & 0o7777).toBe(0o555);
    expect(await readlink(join(workdir, "link"))).toBe("tool");
  });

  it("holds only what differs from the layer below, and hides what is gone", async () => {
    const images = await openTestImages(await makeHome());
    const tree = makeTestTree({
      "m/kept.js": "kept",
      "m/changed.js": "1",
      "m/gone.js": "1",
      "m/old/a.js": "1",
      "m/old/b.js": "2",
    });
    const { layer: below } = await images.treeLayer({
      source: tree,
      entries: await tree.list(),
      prefix: "app",
      previous: null,
      signal,
    });
    const folder = await makeHome();
    await images.extract(below.digest, "app", folder);
    await writeFile(join(folder, "m/changed.js"), "2");
    await rm(join(folder, "m/gone.js"));
    await rm(join(folder, "m/old"), { recursive: true });
    await writeFile(join(folder, "server.js"), "app");
    const spec = { root: folder, sources: [{ host: folder, path: "app" }], exclude: [] };
    const upper = await images.folderLayer(spec, below.digest);
    expect(upper.files).toBe(4);
    const { workdir } = await images.unpack((await images.assemble({ ...plainSpec, layers: [below, upper] })).digest);
    expect((await readdir(workdir, { recursive: true })).toSorted()).toEqual([
      "m",
      "m/changed.js",
      "m/kept.js",
      "server.js",
    ]);
    expect(await readFile(join(workdir, "m/changed.js"), "utf8")).toBe("2");
  });
});

describe("collecting", () => {
  it("removes what nothing names and keeps what is kept, shared, recent or in use by a build", async () => {
    const home = await makeHome();
    let now = Date.now();
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const images = await openTestImages(home, { clock });
    const kept = await pack(images, { shared: "s", kept: "k" });
    const gone = await pack(images, { shared: "s", gone: "g" });
    const { root } = await images.unpack(gone.digest);
    now += 3_600_000;
    const done = images.begin();
    const built = await pack(images, { built: "b" });
    now += 3_600_000;
    const first = await images.collect({ images: [kept.digest], layers: [] }, 60_000);
    expect(first).toMatchObject({ images: [gone.digest], copies: 1 });
    await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(images.unpack(gone.digest)).rejects.toMatchObject({ code: "image.not-found" });
    await images.unpack(built.digest);
    done();
    now += 3_600_000;
    expect(await images.collect({ images: [kept.digest], layers: [built.layer.digest] }, 60_000)).toMatchObject({
      images: [built.digest],
    });
    expect(await images.hasLayer(built.layer.digest)).toBe(true);
    expect(await images.hasLayer(gone.layer.digest)).toBe(false);
    const { workdir } = await images.unpack(kept.digest);
    expect(await readFile(join(workdir, "shared"), "utf8")).toBe("s");
    const contents = (await readdir(join(home, "files"), { recursive: true })).filter((name) => name.includes("-"));
    expect(contents).toHaveLength(2);
  });

  it("removes named images with what only they had", async () => {
    const images = await openTestImages(await makeHome());
    const one = await pack(images, { a: "1" });
    const two = await pack(images, { a: "2" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await images.remove([one.digest], [])).toMatchObject({ images: [one.digest], copies: 1 });
    expect(await images.hasLayer(one.layer.digest)).toBe(false);
    await images.unpack(two.digest);
  });
});

describe("the store", () => {
  it("clears away what a crash left half-made, and lists its images again where the list is lost", async () => {
    const home = await makeHome();
    const { digest } = await pack(await openTestImages(home), files);
    await writeFile(join(home, "images", "drafts", "left"), "half");
    await mkdir(join(home, "unpacked", ".draft-left", "root"), { recursive: true });
    await writeFile(join(home, "images", "index.json"), '{"manif');
    const images = await openTestImages(home);
    await expect.poll(() => readdir(join(home, "images", "drafts")), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => readdir(join(home, "unpacked")), { timeout: 20_000 }).toEqual([digest.slice(7)]);
    const index = JSON.parse(await readFile(join(home, "images", "index.json"), "utf8"));
    expect(index.manifests).toMatchObject([{ digest }]);
    await images.unpack(digest);
  });

  it("keeps all images of builds that run at once", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => pack(images, { shared: "x", own: `${i % 4}` })));
    const index = JSON.parse(await readFile(join(home, "images", "index.json"), "utf8"));
    const listed = index.manifests.map((manifest: { digest: Digest }) => manifest.digest);
    expect(listed.toSorted()).toEqual([...new Set(made.map(({ digest }) => digest))].toSorted());
  });

  it("notices a manifest that was changed", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const { digest } = await pack(images, files);
    await writeFile(join(home, "images", "blobs", "sha256", digest.slice(7)), "{}");
    await expect(images.unpack(digest)).rejects.toMatchObject({ code: "image.corrupt" });
  });
});
