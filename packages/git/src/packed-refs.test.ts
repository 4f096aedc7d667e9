import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLoose, readLoose } from "./loose-ref.ts";
import { keepsFiles, listRefs, readPackedRefs } from "./packed-refs.ts";
import { searchPath } from "./testing/harbour.ts";

/** A bare repository with a commit, and git to change it. */
function givenRepository() {
  const folder = mkdtempSync(join(tmpdir(), "berth-refs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const author = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@b" };
  const git = (...args: string[]) => {
    const { stdout, status, stderr } = spawnSync("git", ["--git-dir", folder, ...args], {
      // The files that are read here, whichever format is git's default.
      env: { PATH: searchPath, HOME: folder, GIT_DEFAULT_REF_FORMAT: "files", ...author },
      encoding: "utf8",
      input: "",
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  git("init", "--quiet", "--bare");
  const commit = git("commit-tree", git("mktree"), "-m", "Begin");
  const branches = () => git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/").split("\n");
  return { folder, git, commit, branches };
}

test("branches are listed as git does, packed or not, or packed and moved since", async () => {
  const { folder, git, commit, branches } = givenRepository();
  expect(await listRefs(folder, "refs/heads/")).toEqual([]);
  for (const branch of ["main", "feature/a", "feature/b/c"]) git("update-ref", `refs/heads/${branch}`, commit);
  git("tag", "-a", "v1", "-m", "One", commit);
  expect(await listRefs(folder, "refs/heads/")).toEqual(branches());
  git("pack-refs", "--all");
  git("update-ref", "refs/heads/later", commit);
  git("update-ref", "-d", "refs/heads/feature/a");
  expect(await listRefs(folder, "refs/heads/")).toEqual(branches());
  expect([...(await readPackedRefs(folder))]).toEqual(expect.arrayContaining([["refs/heads/main", commit]]));
  expect(await keepsFiles(folder)).toBe(true);
});

test("a ref that is made here is there for git, and one that git would refuse is not made", async () => {
  const { folder, git, commit } = givenRepository();
  expect(await createLoose(folder, "refs/heads/deep/er", commit)).toBe(true);
  expect(git("rev-parse", "refs/heads/deep/er")).toBe(commit);
  expect(git("fsck", "--strict")).toBe("");
  expect(await createLoose(folder, "refs/heads/deep/er", commit)).toBe(false);
  expect(await createLoose(folder, "refs/heads/deep/er/below", commit)).toBe(false);
  expect(await createLoose(folder, "refs/heads/deep", commit)).toBe(false);
  expect(await createLoose(folder, "refs/heads/unknown", "0".repeat(40))).toBe(false);
  git("pack-refs", "--all");
  expect(await createLoose(folder, "refs/heads/deep/er/below", commit)).toBe(false);
  expect(await createLoose(folder, "refs/heads/deep", commit)).toBe(false);
  expect(await readLoose(folder, "refs/heads/deep/er")).toBeNull();
});
