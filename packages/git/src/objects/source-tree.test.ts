import { randomBytes } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readWhole, type SourceTree, wholeContentBytes } from "@berth/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Harbour, startHarbour } from "../testing/harbour.ts";
import { checkDeployable } from "./inspect.ts";

let harbour: Harbour;
beforeEach(async () => {
  harbour = await startHarbour();
});
afterEach(() => harbour.close());

async function pushed(copy: string): Promise<SourceTree> {
  await harbour.git(copy, ["push", harbour.url("shop"), "+HEAD:main"]);
  return harbour.server.openTree("shop", (await harbour.git(copy, ["rev-parse", "HEAD"])).output.trim());
}

async function paths(tree: SourceTree): Promise<string[]> {
  return (await tree.list()).map(({ path }) => path);
}

async function texts(tree: SourceTree): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { entry, content } of tree.contents(await tree.list())) {
    found[entry.path] = Buffer.from(await readWhole(content)).toString("utf8");
  }
  return found;
}

test("files are listed in byte order, with mode, size and git's id", async () => {
  const copy = await harbour.workingCopy("shop", {
    "a.js": "1",
    "a/b.js": "22",
    "a/same.js": "22",
    "é.txt": "",
    "z/y/x": "333",
    "a-b": "",
  });
  await writeFile(join(copy, "run"), "#!", { mode: 0o755 });
  await symlink("a.js", join(copy, "link"));
  await harbour.commit(copy, {});
  const tree = await pushed(copy);
  expect(tree.id).toBe((await harbour.git(copy, ["rev-parse", "HEAD^{tree}"])).output.trim());
  const expected = await harbour.git(copy, ["ls-tree", "-r", "-z", "--long", "HEAD"]);
  const lines = (await tree.list()).map(
    ({ path, mode, oid, sizeBytes }) => `${mode} blob ${oid} ${String(sizeBytes).padStart(7)}\t${path}\0`,
  );
  expect(lines.join("")).toBe(expected.output);
  expect(await texts(tree)).toMatchObject({ "a/b.js": "22", link: "a.js", "é.txt": "" });
});

test("contents come in the order asked for, however large they are together", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`f${index}`, `${index} `.repeat(200_000)]),
  );
  const tree = await pushed(await harbour.workingCopy("shop", files));
  const asked = (await tree.list()).toReversed();
  let index = 0;
  for await (const { entry, content } of tree.contents(asked)) {
    expect(entry).toBe(asked[index++]);
    const whole = await readWhole(content);
    expect(Buffer.from(whole).toString("utf8", 0, 8)).toBe(files[entry.path]!.slice(0, 8));
    expect(whole.length).toBe(entry.sizeBytes);
  }
  expect(index).toBe(40);
});

test("a large file comes in chunks at its place among the others", async () => {
  const copy = await harbour.workingCopy("shop", { "a.js": "1", "z.js": "2" });
  const large = randomBytes(3 * wholeContentBytes);
  await writeFile(join(copy, "large.bin"), large);
  await writeFile(join(copy, "whole.bin"), large.subarray(0, wholeContentBytes));
  await harbour.commit(copy, {});
  const tree = await pushed(copy);
  const found: [string, boolean, boolean][] = [];
  for await (const { entry, content } of tree.contents(await tree.list())) {
    const isWhole = content instanceof Uint8Array;
    found.push([entry.path, isWhole, large.equals(await readWhole(content))]);
  }
  expect(found).toEqual([
    ["a.js", true, false],
    ["large.bin", false, true],
    ["whole.bin", true, false],
    ["z.js", true, false],
  ]);
});

test("a large file that nobody reads to its end holds up no other", async () => {
  const copy = await harbour.workingCopy("shop", { "a.js": "1" });
  await writeFile(join(copy, "large.bin"), randomBytes(2 * wholeContentBytes));
  await harbour.commit(copy, {});
  const tree = await pushed(copy);
  for await (const { content } of tree.contents((await tree.list()).slice(1))) {
    if (content instanceof Uint8Array) throw new Error("it is large");
    for await (const chunk of content) {
      expect(chunk.length).toBeGreaterThan(0);
      expect(Object.keys(await texts(tree))).toEqual(["a.js", "large.bin"]);
      break;
    }
  }
  expect(Object.keys(await texts(tree))).toEqual(["a.js", "large.bin"]);
});

test("a large file whose object is lost is told as git's failure", async () => {
  const tree = await pushed(await harbour.workingCopy("shop", { "a.js": "1" }));
  const [entry] = await tree.list();
  const lost = { ...entry!, oid: "1".repeat(40), sizeBytes: 2 * wholeContentBytes };
  for await (const { content } of tree.contents([lost])) {
    await expect(readWhole(content)).rejects.toMatchObject({ code: "git.failed" });
  }
  expect.assertions(1);
});

test("a folder is a tree with git's id, and a folder of a folder too", async () => {
  const copy = await harbour.workingCopy("shop", { "api/src/a.js": "1", "web/b.js": "2" });
  const tree = await pushed(copy);
  const src = await (await tree.subtree("api/", [])).subtree("src", []);
  expect(await paths(src)).toEqual(["a.js"]);
  expect(src.id).toBe((await harbour.git(copy, ["rev-parse", "HEAD:api/src"])).output.trim());
  expect((await tree.subtree(".", [])).id).toBe(tree.id);
  await expect(tree.subtree("nowhere", [])).rejects.toThrow('There is no folder "nowhere"');
  await expect(tree.subtree("web/b.js", [])).rejects.toThrow("There is no folder");
});

test("a tree without some folders has the id that git would give it", async () => {
  const copy = await harbour.workingCopy("shop", { "server.js": "1", "api/a.js": "2", "lib/deep/c.js": "3" });
  const rest = await (await pushed(copy)).subtree(".", ["api", "lib/deep", "absent"]);
  expect(await paths(rest)).toEqual(["server.js"]);
  await harbour.commit(copy, { "api/a.js": "changed", "lib/deep/c.js": "changed" });
  const next = await pushed(copy);
  expect((await next.subtree(".", ["api", "lib/deep"])).id).toBe(rest.id);
  await harbour.git(copy, ["rm", "-r", "--quiet", "api", "lib"]);
  await harbour.commit(copy, {});
  const alone = await pushed(copy);
  expect(alone.id).toBe(rest.id);
  await harbour.commit(copy, { "server.js": "changed" });
  expect((await (await pushed(copy)).subtree(".", ["api"])).id).not.toBe(rest.id);
});

test("what is left out of a tree is left out of its folders", async () => {
  const tree = await pushed(await harbour.workingCopy("shop", { "a/b/c.js": "1", "a/d.js": "2", "e.js": "3" }));
  const part = await (await tree.subtree(".", ["a/b"])).subtree("a", []);
  expect(await paths(part)).toEqual(["d.js"]);
  await expect((await tree.subtree(".", ["a/b"])).subtree("a/b", [])).rejects.toThrow("There is no folder");
  const empty = await tree.subtree("a", ["a/b", "a/d.js"]);
  expect(await paths(empty)).toEqual([]);
  expect(empty.id).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
});

test("submodules are told with their paths", async () => {
  const copy = await harbour.workingCopy("shop", { "server.js": "1" });
  const head = (await harbour.git(copy, ["rev-parse", "HEAD"])).output.trim();
  await harbour.git(copy, ["update-index", "--add", "--cacheinfo", `160000,${head},vendor/theme`]);
  await harbour.git(copy, ["commit", "--quiet", "-m", "Add a submodule"]);
  const { code, output } = await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  expect(code).toBe(1);
  expect(output).toContain("Git submodules cannot be deployed");
  expect(output).toContain("vendor/theme");
  expect(output).toMatch(/hint +Add the files themselves/);
});

test("pointers of Git LFS are told with their paths", async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`;
  const copy = await harbour.workingCopy("shop", {
    ".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n",
    "img/logo.png": pointer,
    "img/plain.png": "not a pointer",
  });
  const { code, output } = await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  expect(code).toBe(1);
  expect(output).toContain("Files kept in Git LFS cannot be deployed");
  expect(output).toContain("img/logo.png");
  expect(output).not.toContain("img/plain.png");
});

test("links that lead out of the tree are told, and those within are not", async () => {
  const copy = await harbour.workingCopy("shop", { "a/b/c.js": "1" });
  await symlink("../a/b", join(copy, "a/inside"));
  await harbour.commit(copy, {});
  await checkDeployable(await pushed(copy));
  await mkdir(join(copy, "x"));
  await symlink("../../etc/passwd", join(copy, "x/out"));
  await harbour.commit(copy, {});
  await expect(checkDeployable(await pushed(copy))).rejects.toMatchObject({
    code: "source.unsupported",
    details: ["x/out -> ../../etc/passwd"],
  });
});

test("names that would lead out of the tree are refused", async () => {
  const copy = await harbour.workingCopy("shop", { "server.js": "1" });
  const blob = (await harbour.git(copy, ["rev-parse", "HEAD:server.js"])).output.trim();
  for (const name of ["..", ".GIT", ".", "x".repeat(256)]) {
    const input = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, "hex")]);
    const made = await harbour.git(copy, ["hash-object", "--literally", "-t", "tree", "-w", "--stdin"], { input });
    const commit = await harbour.git(copy, ["commit-tree", "-m", "x", made.output.trim()]);
    const { code, output } = await harbour.git(copy, [
      "push",
      harbour.url("shop"),
      `${commit.output.trim()}:refs/heads/x`,
    ]);
    expect(code).toBe(1);
    expect(output).toContain("The tree has an entry that cannot be deployed");
  }
});

test("links that no file system has are refused", async () => {
  const copy = await harbour.workingCopy("shop", { "server.js": "1", empty: "", nul: "a\0b" });
  for (const name of ["empty", "nul"]) {
    const blob = (await harbour.git(copy, ["rev-parse", `HEAD:${name}`])).output.trim();
    await harbour.git(copy, ["read-tree", "--empty"]);
    await harbour.git(copy, ["update-index", "--add", "--cacheinfo", `120000,${blob},link`]);
    const tree = (await harbour.git(copy, ["write-tree"])).output.trim();
    const commit = (await harbour.git(copy, ["commit-tree", "-m", "x", tree])).output.trim();
    const { code, output } = await harbour.git(copy, ["push", harbour.url("shop"), `${commit}:refs/heads/x`]);
    expect(code).toBe(1);
    expect(output).toContain("A symbolic link has a target that no file can have.");
  }
});

test("an object that is not there is told as git's failure", async () => {
  const copy = await harbour.workingCopy("shop", { "server.js": "1" });
  await pushed(copy);
  const tree = await harbour.server.openTree("shop", "1".repeat(40));
  await expect(tree.list()).rejects.toMatchObject({ code: "git.failed" });
});
