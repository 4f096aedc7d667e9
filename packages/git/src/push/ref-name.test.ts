import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { searchPath } from "../testing/harbour.ts";
import { branchesCollide, isRefName } from "./ref-name.ts";

const names = [
  "main",
  "a/b",
  "-x",
  "ü",
  "a.b",
  "a@b",
  "@",
  "a-",
  "x.locks", // taken
  "",
  "a//b",
  "/a",
  "a/",
  ".a",
  "a/.b",
  "a..b",
  "a.lock",
  "a.lock/b",
  "a.",
  "a b",
  "a~b",
  "a^b",
  "a:b",
  "a?b",
  "a*b",
  "a[b",
  "a\\b",
  "a@{b",
  "a\u0001b",
  "a\u007fb",
  "..",
  ".", // refused
];

test.each(names)("refs/heads/%j is judged as git does", (name) => {
  const { status } = spawnSync("git", ["check-ref-format", `refs/heads/${name}`], { env: { PATH: searchPath } });
  expect(isRefName(`refs/heads/${name}`)).toBe(status === 0);
});

test("a name that no file system takes is refused", () => {
  expect(isRefName(`refs/heads/${"x".repeat(300)}`)).toBe(false);
});

test("a branch collides with one that would be its folder", () => {
  expect(branchesCollide("a", "a/b")).toBe(true);
  expect(branchesCollide("a/b", "a")).toBe(true);
  expect(branchesCollide("a", "ab")).toBe(false);
  expect(branchesCollide("a", "a")).toBe(false);
});
