import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeGit } from "../git-process.ts";
import { compareCommits } from "./compare-commits.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-compare-"));
const env = {
  PATH: process.env["PATH"],
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "a@b",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "a@b",
};
const run = (...args: string[]) => execFileSync("git", args, { cwd: folder, env }).toString().trim();
const git = makeGit({ searchPath: process.env["PATH"]!, hooksFolder: folder, binFolder: folder, maxPushBytes: 1 });
const compare = (from: string, to: string) => compareCommits(git, join(folder, ".git"), from, to);
const commit = (message: string) => {
  run("commit", "--quiet", "--allow-empty", "-m", message);
  return run("rev-parse", "HEAD");
};
let [one, two, three, other] = ["", "", "", ""];

beforeAll(() => {
  run("init", "--quiet", "--initial-branch=main");
  one = commit("One\n\nmore of it");
  two = commit("Two");
  three = commit("Three: |quotes| \u00e9");
  run("checkout", "--quiet", two);
  other = commit("Other");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("one that has the other in it is forward of it, with the commits between, newest first", async () => {
  expect(await compare(one, three)).toEqual({
    direction: "forward",
    added: [
      { commit: three, message: "Three: |quotes| \u00e9", author: "Ada" },
      { commit: two, message: "Two", author: "Ada" },
    ],
    addedCount: 2,
    removed: [],
    removedCount: 0,
  });
});

test("the other way round it is backward", async () => {
  expect(await compare(three, two)).toMatchObject({
    direction: "backward",
    addedCount: 0,
    removed: [{ message: "Three: |quotes| \u00e9" }],
    removedCount: 1,
  });
});

test("two branches are aside of each other", async () => {
  expect(await compare(three, other)).toMatchObject({
    direction: "aside",
    added: [{ message: "Other" }],
    removed: [{ message: "Three: |quotes| \u00e9" }],
  });
});

test("a commit is the same as itself, and nothing is known of one that is not there", async () => {
  expect(await compare(one, one)).toMatchObject({ direction: "same", addedCount: 0 });
  expect(await compare("f".repeat(40), one)).toMatchObject({ direction: "unknown" });
});
