import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Harbour, startHarbour } from "./testing/harbour.ts";

let harbour: Harbour;
let first: string;
let second: string;
beforeEach(async () => {
  harbour = await startHarbour();
  const copy = await harbour.workingCopy("shop", { a: "1" });
  first = await harbour.commit(copy, { a: "2" });
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  second = await harbour.commit(copy, { a: "3" });
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
});
afterEach(() => harbour.close());

test("a ref is moved, made and removed, and each may be repeated", async () => {
  const { refs } = harbour.server;
  for (const commit of [first, first, second, null, null]) {
    await refs.move("shop", "other", commit);
    expect(await harbour.refAt("shop", "refs/heads/other")).toBe(commit ?? "");
  }
});

test("a lock that a killed git left is removed", async () => {
  const heads = join(harbour.folder, "home/git/shop.git/refs/heads");
  const lock = join(heads, "main.lock");
  await mkdir(heads, { recursive: true });
  await writeFile(lock, "");
  await utimes(lock, 1, 1);
  await harbour.server.refs.move("shop", "main", first);
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(first);
});

test("an app's repository is removed, and made anew by the next push", async () => {
  await harbour.server.refs.remove("shop");
  await harbour.server.refs.remove("shop");
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe("");
  await harbour.server.refs.move("shop", "main", null);
  await expect(harbour.server.refs.move("shop", "main", first)).rejects.toMatchObject({ code: "git.failed" });
  const { code } = await harbour.git(join(harbour.folder, "shop"), ["push", harbour.url("shop"), "main"]);
  expect(code).toBe(0);
});
