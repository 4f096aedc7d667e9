import { quietLog } from "@berth/core";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { makeTestClock, testRandom } from "../conformance/fixtures.ts";
import { openSqliteStore } from "./open.ts";
import { makeTestFolder } from "../testing/folder.ts";

const open = (file: string) => openSqliteStore({ file, clock: makeTestClock(), random: testRandom, log: quietLog });

/** A process of its own that holds the store until it is ended. */
async function givenHolder(file: string) {
  const script = fileURLToPath(new URL("../testing/promote-loop.child.ts", import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const end = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(end);
  await once(child.stdout, "data");
  return { end };
}

test("a database belongs to one process, and is free when that is killed", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  const holder = await givenHolder(file);
  const refused = { code: "store.failed", message: "Another Berth server is using this database.", path: file };
  await expect(open(file)).rejects.toMatchObject(refused);
  await expect(open(file)).rejects.toMatchObject({ hint: expect.stringContaining("BERTH_HOME") });
  await holder.end();
  const store = await open(file);
  expect((await store.apps.list({ limit: 10 })).length).toBe(1);
  await store.close();
});

test("a database is opened once within a process, too, and again after it was closed", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  const store = await open(file);
  await store.installation.put("mark", "1");
  await expect(open(file)).rejects.toMatchObject({ code: "store.failed" });
  await store.installation.put("mark", "2");
  await store.close();
  const again = await open(file);
  expect(await again.installation.get("mark")).toBe("2");
  await again.close();
});

test("the file is its owner's alone, and nothing is left beside it after closing", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  const store = await open(file);
  await store.installation.put("mark", "1");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(`${file}-wal`)).mode & 0o777).toBe(0o600);
  await store.close();
  await expect(stat(`${file}-wal`)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a missing folder is named", async () => {
  const folder = join(await makeTestFolder(), "nowhere");
  await expect(open(join(folder, "berth.db"))).rejects.toMatchObject({
    code: "store.failed",
    message: "The folder for Berth's database does not exist.",
    path: folder,
  });
});

const unwritable = { code: "store.failed", message: "Berth's database cannot be written." };

test("a folder in the file's place is told as such", async () => {
  const folder = await makeTestFolder();
  await mkdir(join(folder, "berth.db"));
  await expect(open(join(folder, "berth.db"))).rejects.toMatchObject(unwritable);
});

test.runIf(process.platform === "linux")("a folder that cannot be written is told as such", async () => {
  const folder = await makeTestFolder();
  // A folder that not even root can make files in.
  await symlink("/proc/self", join(folder, "proc"));
  await expect(open(join(folder, "proc", "berth.db"))).rejects.toMatchObject(unwritable);
});

test("a file that is no database, or a damaged one, is left as it is", async () => {
  const folder = await makeTestFolder();
  const damaged = { code: "store.failed", message: "Berth's database is damaged." };
  const text = join(folder, "text.db");
  await writeFile(text, "this is not a database, and long enough to be sure of it. ".repeat(100));
  const before = await readFile(text);
  await expect(open(text)).rejects.toMatchObject({ ...damaged, path: text });
  expect(await readFile(text)).toEqual(before);

  const file = join(folder, "berth.db");
  await (await open(file)).close();
  const content = await readFile(file);
  await writeFile(file, content.fill(0xa5, 4096));
  await expect(open(file)).rejects.toMatchObject({ ...damaged, path: file });
});

test("another program's database is left as it is", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  const foreign = new Database(file);
  foreign.exec("CREATE TABLE theirs (id integer)");
  foreign.close();
  const before = await readFile(file);
  await expect(open(file)).rejects.toMatchObject({ message: "This database belongs to another program.", path: file });
  expect(await readFile(file)).toEqual(before);
});

test("a database of a newer Berth is left as it is", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  await (await open(file)).close();
  const newer = new Database(file);
  newer.prepare("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', ?)").run(Date.now() * 2);
  newer.close();
  await expect(open(file)).rejects.toMatchObject({
    code: "store.failed",
    message: "This database was written by a newer version of Berth.",
    path: file,
  });
});

test("an empty file, as a crash in the first moment leaves it, becomes a database", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  await writeFile(file, "");
  const store = await open(file);
  expect(await store.changes.latest()).toBe(0);
  await store.close();
});
