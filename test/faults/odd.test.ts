import { chmodSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

/** Long, with a space and letters beyond ASCII: nothing may depend on a plain path. */
const home = mkdtempSync(join(tmpdir(), `berth hömé ${"far-away-".repeat(8)}`));

let berth: Berth;
const repositories: Repository[] = [];

beforeAll(async () => {
  berth = await startBerth({ BERTH_HOME: home });
});
afterAll(async () => {
  for (const repository of repositories) repository.remove();
  await berth.stop();
  removeFolder(home);
});

async function repositoryOf(app: string, files: Record<string, string> = {}): Promise<Repository> {
  const repository = await makeRepository(berth, app, files);
  repositories.push(repository);
  return repository;
}

it("serves files of odd names, links and executables as they are in the repository", async () => {
  const repository = await repositoryOf("curio", {
    "package.json": manifest("curio", { start: "./bin/serve -x" }),
    "a b.txt": "space",
    "ünï/ß.txt": "letters",
    "-rf": "dash",
    'quo"te.txt': "quote",
    "new\nline.txt": "line",
    "$HOME.txt": "dollar",
    "bin/serve": `#!/usr/bin/env node
const { createServer } = require("node:http");
const { readFileSync } = require("node:fs");
createServer((request, response) => {
  try { response.end(readFileSync("." + decodeURIComponent(request.url), "utf8")); }
  catch { response.end("up"); }
}).listen(process.env.PORT);`,
  });
  chmodSync(join(repository.folder, "bin/serve"), 0o755);
  repository.write({ "bin/package.json": '{ "type": "commonjs" }' });
  symlinkSync("a b.txt", join(repository.folder, "link.txt"));
  symlinkSync("ünï", join(repository.folder, "folder"));
  await repository.commit("Collect curios");
  await repository.deploy();
  const answers = {
    "/a%20b.txt": "space",
    "/%C3%BCn%C3%AF/%C3%9F.txt": "letters",
    "/-rf": "dash",
    "/quo%22te.txt": "quote",
    "/new%0Aline.txt": "line",
    "/$HOME.txt": "dollar",
    "/link.txt": "space",
    "/folder/%C3%9F.txt": "letters",
  };
  for (const [path, body] of Object.entries(answers)) {
    expect([path, (await berth.get("curio.localhost", path)).body]).toEqual([path, body]);
  }
});

it("refuses a push from a shallow clone in git's own words, and takes it once that has its history", async () => {
  const deep = await repositoryOf("shallow", { "package.json": manifest("shallow"), "server.js": answering("one") });
  deep.write({ "server.js": answering("two") });
  await deep.commit("Say two");
  const clone = join(deep.folder, ".git/clone");
  await deep.git("clone", "--quiet", "--depth", "1", `file://${deep.folder}`, clone);
  const push = () => deep.git("-C", clone, "push", `${berth.url}/shallow.git`, "main");
  await expect(push()).rejects.toThrow("shallow update not allowed");
  await deep.git("-C", clone, "fetch", "--quiet", "--unshallow");
  await push();
  expect((await berth.get("shallow.localhost")).body).toBe("two");
});

it("keeps tags, and deploys nothing for them", async () => {
  const repository = await repositoryOf("tagged", {
    "package.json": manifest("tagged"),
    "server.js": answering("tagged"),
  });
  await repository.deploy();
  await repository.git("tag", "v1.0");
  const output = await repository.deploy("berth", "v1.0");
  expect(output).toMatch(/\[new tag\] +v1\.0/);
  expect(await berth.releases("tagged")).toHaveLength(1);
});

it("explains a name that no app can have", async () => {
  const repository = await repositoryOf("My_App", { "package.json": manifest("app"), "server.js": answering("app") });
  const { ok, output } = await repository.push();
  expect(ok).toBe(false);
  expect(output).toMatch(/The app name "My_App" does not fit/);
  expect(output).toMatch(/3 to 30 characters/);
});

it("refuses a token that is not good, and makes no app for it", async () => {
  const repository = await makeRepository({ url: berth.url, token: () => "wrong" }, "locked", {
    "server.js": answering("locked"),
  });
  repositories.push(repository);
  expect((await repository.push()).ok).toBe(false);
  const { items } = await berth
    .api()
    .apps.$get({ query: {} })
    .then((answer) => answer.json());
  expect(items.map(({ name }) => name)).not.toContain("locked");
});

it("deploys the same content again without building or restarting anything", async () => {
  const repository = await repositoryOf("same", { "package.json": manifest("same"), "server.js": answering("same") });
  await repository.deploy();
  const before = await berth.status("same");
  await repository.commit("Nothing but words");
  const output = await repository.deploy();
  expect(output).toMatch(/was built before/);
  expect(output).toMatch(/unchanged, keeps running/);
  const after = await berth.status("same");
  expect(after.live).toBe(2);
  expect(after.services[0]!.instances).toMatchObject([{ id: before.services[0]!.instances[0]!.id, restarts: 0 }]);
});

it("survives a crash of the server in such a home, too", async () => {
  await berth.kill();
  await berth.restart();
  expect((await berth.get("same.localhost")).body).toBe("same");
});
