import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { memoryOf } from "../support/processes.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

let berth: Berth;
let repository: Repository;
let good: string;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "cargo", {
    "package.json": manifest("cargo"),
    "server.js": answering("good"),
  });
  await repository.deploy();
  good = await repository.git("rev-parse", "HEAD");
});
afterEach(() => repository.git("reset", "--quiet", "--hard", good));
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

/** Pushes what cannot be deployed. Returns what the pusher sees, having checked that nothing came of it. */
async function pushRefused(): Promise<string> {
  const before = await berth.releases("cargo");
  const { ok, output } = await repository.push();
  expect(output).toContain("[remote rejected]");
  expect(ok).toBe(false);
  expect((await berth.get("cargo.localhost")).body).toBe("good");
  expect(await repository.git("ls-remote", "berth", "refs/heads/main")).toContain(good);
  expect(await berth.releases("cargo")).toEqual(before);
  return output;
}

/** Pushes much, which is to be live then. Returns by how many bytes the server's memory grew on the way. */
async function growthByPush(answer: string): Promise<number> {
  const before = memoryOf(berth.pid());
  const { ok, output } = await repository.push();
  expect(output).toContain("http://cargo.localhost");
  expect(ok).toBe(true);
  expect((await berth.get("cargo.localhost")).body).toBe(answer);
  return memoryOf(berth.pid()).peakBytes - before.residentBytes;
}

it("names each key of berth.yaml that is wrong, and what was expected", async () => {
  repository.write({ "berth.yaml": "services:\n  web:\n    scale: { max: lots }\n    rooutes: [/]\n" });
  await repository.commit("Scale to lots");
  const output = await pushRefused();
  expect(output).toContain("services.web.scale.max: expected a number");
  expect(output).toMatch(/rooutes.*routes/);
});

it("says where berth.yaml is not YAML", async () => {
  repository.write({ "berth.yaml": "services:\n\tweb: {}\n" });
  await repository.commit("Use a tab");
  expect(await pushRefused()).toMatch(/berth\.yaml[^]*line 2|berth\.yaml:2/);
});

it("says what to add where it finds nothing to run", async () => {
  await repository.git("rm", "--quiet", "-r", ".");
  repository.write({ "notes.txt": "nothing to run" });
  await repository.commit("Empty it");
  expect(await pushRefused()).toMatch(/hint +.*(berth\.yaml|Procfile|package\.json)/);
});

it("names a submodule, and says what to do instead", async () => {
  repository.write({ ".gitmodules": '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://example.org/lib.git\n' });
  await repository.git("add", ".gitmodules");
  await repository.git("update-index", "--add", "--cacheinfo", `160000,${good},vendor/lib`);
  await repository.git("commit", "--quiet", "-m", "Add a submodule");
  const output = await pushRefused();
  expect(output).toMatch(/submodule/i);
  expect(output).toContain("vendor/lib");
  expect(output).toMatch(/hint/);
});

it("names files of which the push has only Git LFS pointers", async () => {
  repository.write({
    ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n",
    "art/boat.psd": `version https://git-lfs.github.com/spec/v1\noid sha256:${"4".repeat(64)}\nsize 12345\n`,
  });
  // As a machine without git-lfs would: the filter is not set up, so the pointer is committed as it is.
  await repository.commit("Add a picture");
  const output = await pushRefused();
  expect(output).toMatch(/Git LFS/);
  expect(output).toContain("art/boat.psd");
});

it("takes a push of 200 MB without keeping it in memory", async () => {
  mkdirSync(join(repository.folder, "freight"));
  for (let crate = 0; crate < 50; crate += 1) {
    writeFileSync(join(repository.folder, `freight/crate-${crate}.bin`), randomBytes(4 * 2 ** 20));
  }
  await repository.git("config", "core.compression", "0");
  repository.write({ "server.js": answering("heavy") });
  await repository.commit("Carry freight");
  expect(await growthByPush("heavy")).toBeLessThan(190 * 2 ** 20);
}, 300_000);

it("takes a single file of 200 MB without keeping it in memory", async () => {
  // On top of what was pushed last, wherever the tests before it have left that.
  await repository.git("fetch", "--quiet", "berth", "main");
  await repository.git("reset", "--quiet", "--hard", "FETCH_HEAD");
  writeFileSync(join(repository.folder, "container.bin"), randomBytes(200 * 2 ** 20));
  await repository.git("config", "core.compression", "0");
  repository.write({ "server.js": answering("bulky") });
  await repository.commit("Carry one container");
  expect(await growthByPush("bulky")).toBeLessThan(190 * 2 ** 20);
}, 300_000);
