import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog, systemRandom } from "@berth/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Git, makeGit } from "./git-process.ts";
import { startMaintenance } from "./maintenance.ts";
import { makeObjectReader } from "./objects/reader.ts";
import { makeRepositories, type Repositories } from "./repositories.ts";
import { until } from "./testing/gate.ts";
import { searchPath } from "./testing/harbour.ts";
import { makeManualClock } from "@berth/core/testing";

let folder: string;
let git: Git;
let repositories: Repositories;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-git-"));
  git = makeGit({ searchPath, hooksFolder: folder, binFolder: folder, maxPushBytes: 1_000_000 });
  repositories = makeRepositories({ folder, git, random: systemRandom });
  await repositories.create("shop");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function looseObjects(): Promise<number> {
  return Number.parseInt(await git.output([`--git-dir=${repositories.path("shop")}`, "count-objects"]), 10);
}

/** Writes a branch of many commits as loose objects. */
async function writeLoose(count: number): Promise<void> {
  const commit = (index: number) =>
    `commit refs/heads/main\ncommitter A <a@b> ${index} +0000\ndata 1\nx\nM 644 inline f\ndata ${`${index}`.length}\n${index}\n`;
  const stream = Array.from({ length: count }, (_, index) => commit(index)).join("");
  const dir = `--git-dir=${repositories.path("shop")}`;
  const { code, stderr } = await git.run(
    [dir, "-c", "fastimport.unpackLimit=100000", "fast-import", "--quiet"],
    stream,
  );
  if (code !== 0) throw new Error(stderr);
}

test("a repository is packed once pushes have paused, and not before", async () => {
  await writeLoose(200);
  expect(await looseObjects()).toBeGreaterThan(400);
  const clock = makeManualClock();
  const maintenance = startMaintenance({ git, path: repositories.path, clock, log: quietLog, packAbove: 100 });
  maintenance.pushed("shop");
  clock.advance(40_000);
  maintenance.pushed("shop");
  clock.advance(40_000);
  expect(clock.sleepers()).toBe(1);
  expect(await looseObjects()).toBeGreaterThan(400);
  clock.advance(40_000);
  await until(async () => (await looseObjects()) === 0);
  await maintenance.stop();
});

test("nothing is packed after the server stops", async () => {
  const clock = makeManualClock();
  const maintenance = startMaintenance({ git, path: repositories.path, clock, log: quietLog });
  maintenance.pushed("shop");
  await maintenance.stop();
  expect(clock.sleepers()).toBe(0);
});

test("the process that reads objects ends when it is idle, and starts again when it is needed", async () => {
  await writeLoose(1);
  const clock = makeManualClock();
  const reader = makeObjectReader({ git, repository: repositories.path("shop"), clock });
  const tree = (await git.output([`--git-dir=${repositories.path("shop")}`, "rev-parse", "main^{tree}"])).trim();
  const directory = await reader.directory(tree);
  expect(await reader.directory(tree)).toBe(directory);
  clock.advance(60_000);
  await until(() => clock.sleepers() === 0);
  const again = await reader.directory(tree);
  expect(again).toEqual(directory);
  expect(again).not.toBe(directory);
  await reader.close();
});

test("what a crash left half made is swept away, and repositories stay", async () => {
  await git.output(["init", "--quiet", "--bare", join(folder, "new.0011.tmp")]);
  await repositories.sweep();
  expect(await readdir(folder)).toEqual(["shop.git"]);
});
