import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { makeGit } from "./git.ts";
import { openFolder } from "./working-tree.ts";

/** Until the next second has begun, also by the clock of files, which lags: git tells a file's versions of one length apart by its seconds. */
const nextSecond = () => sleep(1_050 - (Date.now() % 1_000));

test("a folder is stored with what was written in the second in which it was stored before, of the same length", async () => {
  const root = mkdtempSync(join(tmpdir(), "berth-working-tree-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, "shop");
  mkdirSync(folder);
  const git = makeGit(folder, process.env);
  const { store } = await openFolder(git, { folder, clientFolder: join(root, "client"), person: "ada" });
  const file = join(folder, "server.js");
  writeFileSync(file, "one");
  await store();
  await nextSecond();
  writeFileSync(file, "two");
  const before = await store();
  writeFileSync(file, "six");
  await nextSecond();
  expect(await store()).not.toBe(before);
});
