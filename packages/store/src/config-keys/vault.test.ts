import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Log, quietLog, systemClock, systemRandom } from "@berth/core";
import { expect, onTestFinished, test } from "vitest";
import { ada, givenEnvironment } from "../conformance/fixtures.ts";
import { openSqliteStore } from "../sqlite/open.ts";
import { makeTestFolder } from "../testing/folder.ts";
import { keyCommand, keyFile, type KeySource } from "./key-source.ts";
import { openConfigVault } from "./open-vault.ts";

async function openStore(folder: string) {
  const file = join(folder, "berth.db");
  const store = await openSqliteStore({ file, clock: systemClock, random: systemRandom, log: quietLog });
  onTestFinished(() => store.close());
  return store;
}

type Store = Awaited<ReturnType<typeof openStore>>;

async function openVault(store: Store, source: KeySource, log: Log = quietLog) {
  const vault = await openConfigVault({ source, store, clock: systemClock, random: systemRandom, log });
  onTestFinished(() => vault.close());
  return vault;
}

type Vault = Awaited<ReturnType<typeof openVault>>;

async function setAll(store: Store, vault: Vault, texts: Record<string, string>) {
  await vault.seal("shop", Object.values(texts), (values) =>
    store.config.change(
      "shop",
      {
        set: Object.keys(texts).map((key, index) => ({ scope: "all", service: null, key, value: values[index]! })),
        unset: [],
      },
      ada,
    ),
  );
}

async function readAll(store: Store, vault: Pick<Vault, "open">): Promise<Record<string, string>> {
  const entries = await store.config.list("shop");
  const values = await store.config.values(
    "shop",
    entries.map(({ value }) => value),
  );
  const texts = new Map(values.map((value) => [value.id, vault.open(value)]));
  return Object.fromEntries(entries.map(({ key, value }) => [key, texts.get(value)!]));
}

async function untilRotated(vault: Vault) {
  for (;;) {
    const { before } = await vault.rotation();
    if (before.length === 0) return;
    await pause(5);
  }
}

const some = { A: "hunter2", B: "", C: "x\ny" };

async function givenVault() {
  const folder = await makeTestFolder();
  const path = join(folder, "config-keys");
  const store = await openStore(folder);
  await givenEnvironment(store);
  const vault = await openVault(store, keyFile(path));
  return { folder, path, store, vault };
}

test("the first start makes a key, for its owner alone, and later ones take it", async () => {
  const { path, store, vault } = await givenVault();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await setAll(store, vault, some);
  await chmod(path, 0o644);
  const again = await openVault(store, keyFile(path));
  expect(await readAll(store, again)).toEqual(some);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).not.toContain("hunter2");
});

test("a start without the key that values need says which one is missing, and makes no other", async () => {
  const { path, store, vault } = await givenVault();
  await setAll(store, vault, some);
  const { keyId } = await vault.rotation();
  const missing = { code: "config.sealed", message: expect.stringContaining(keyId) };
  await rm(path);
  await expect(openVault(store, keyFile(path))).rejects.toMatchObject(missing);
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  await writeFile(path, `${Buffer.alloc(32, 1).toString("base64")}\n`);
  await expect(openVault(store, keyFile(path))).rejects.toMatchObject(missing);
});

test.each([
  ["", "there is no key in it"],
  ["# nothing\n", "there is no key in it"],
  [`${Buffer.alloc(32).toString("base64")}\nhunter2\n`, "line 2 is no key"],
  [`${Buffer.alloc(16).toString("base64")}\n`, "line 1 is no key"],
])("a file that is not as it was says where", async (text, what) => {
  const { path, store } = await givenVault();
  await writeFile(path, text);
  const refused = openVault(store, keyFile(path));
  await expect(refused).rejects.toMatchObject({ code: "settings.invalid", message: expect.stringContaining(what) });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") });
});

test("after a rotation another key seals, everything opens as before, and the key before is gone", async () => {
  const { path, store, vault } = await givenVault();
  const many = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`KEY_${index}`, `text ${index}`]));
  await setAll(store, vault, many);
  const old = await vault.rotation();
  const early = await store.config.values("shop", [(await store.config.list("shop"))[0]!.value]);
  const begun = await vault.rotate(ada);
  expect(begun).toMatchObject({ before: [old.keyId] });
  expect(begun.keyId).not.toBe(old.keyId);
  // What was sealed in the meantime has the new key.
  await setAll(store, vault, { NEW: "text" });
  await untilRotated(vault);
  expect(await store.config.keyIds()).toEqual([begun.keyId]);
  expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(2);
  expect(await readAll(store, await openVault(store, keyFile(path)))).toEqual({ ...many, NEW: "text" });
  // What was read before still opens.
  expect(vault.open(early[0]!)).toMatch(/^text/);
  expect((await store.audit.list({}, { limit: 10 })).map(({ action }) => action)).toContain("config.rotate-key");
});

test("what is being stored while the key changes does not lose it", async () => {
  const { path, store, vault } = await givenVault();
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  const slow = vault.seal("shop", ["late"], async (values) => {
    await waiting;
    const set = [{ scope: "all", service: null, key: "LATE", value: values[0]! }];
    await store.config.change("shop", { set, unset: [] }, ada);
  });
  const { before } = await vault.rotate(ada);
  await pause(50);
  expect((await vault.rotation()).before).toEqual(before);
  goOn();
  await slow;
  await untilRotated(vault);
  expect(await readAll(store, await openVault(store, keyFile(path)))).toEqual({ LATE: "late" });
});

test("a program prints the keys, and changes them", async () => {
  const { folder, store } = await givenVault();
  const printed = join(folder, "printed");
  const [a, b] = [Buffer.alloc(32, 1).toString("base64"), Buffer.alloc(32, 2).toString("base64")];
  await writeFile(printed, `${a}\n`);
  const source = keyCommand(["cat", printed], process.env);
  const vault = await openVault(store, source);
  await setAll(store, vault, some);
  await expect(vault.rotate(ada)).rejects.toMatchObject({ code: "conflict" });
  await writeFile(printed, `${b}\n${a}\n`);
  const { keyId } = await vault.rotate(ada);
  for (;;)
    if ((await store.config.keyIds()).join() === keyId) break;
    else await pause(5);
  await writeFile(printed, `${b}\n`);
  expect(await readAll(store, await openVault(store, source))).toEqual(some);
});

test.each([
  [["no-such-program-of-berth"], "there is no such program", []],
  [["sh", "-c", "echo hunter2; echo denied >&2; exit 3"], "it ended with 3", ["denied"]],
  [["echo", "hunter2"], "line 1 is no key", []],
  [["yes", "hunter2"], "it printed more than", []],
])("a program that fails is told of without what it has printed", async (argv, what, details) => {
  const { store } = await givenVault();
  const error = await openVault(store, keyCommand(argv, process.env)).then(
    () => null,
    (thrown: unknown) => thrown as { code: string; message: string; details: string[] },
  );
  expect(error).toMatchObject({ code: "settings.invalid", message: expect.stringContaining(what), details });
  expect(error?.message).not.toContain("hunter2");
});

test("a file that cannot be read is told of, and one that others may read is for its owner alone from then on", async () => {
  const folder = await makeTestFolder();
  await expect(keyFile(folder).read()).rejects.toMatchObject({ code: "settings.invalid", path: folder });
  const path = join(folder, "config-keys");
  await writeFile(path, `${Buffer.alloc(32, 1).toString("base64")}\n`, { mode: 0o644 });
  expect(await keyFile(path).read()).toHaveLength(1);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a program that does not end is killed, whatever it makes of being asked to", async () => {
  const source = keyCommand(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], process.env, 100);
  await expect(source.read()).rejects.toMatchObject({
    code: "settings.invalid",
    message: expect.stringContaining("it ended by SIGKILL"),
  });
});

test("a process that is killed at any point of a rotation leaves values that open", { timeout: 60_000 }, async () => {
  const folder = await makeTestFolder();
  const script = fileURLToPath(new URL("../testing/rotate-loop.child.ts", import.meta.url));
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), exited]);
    await pause(Math.random() * 60);
    child.kill("SIGKILL");
    await exited;
    const store = await openStore(folder);
    const vault = await openVault(store, keyFile(join(folder, "config-keys")));
    const texts = Object.values(await readAll(store, vault));
    expect(texts).toHaveLength(300);
    expect(new Set(texts)).toEqual(new Set(["hunter2"]));
    await untilRotated(vault);
    expect(await store.config.keyIds()).toHaveLength(1);
    await vault.close();
    await store.close();
  }
});
