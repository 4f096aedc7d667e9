import { join } from "node:path";
import { quietLog } from "@berth/core";
import type { Store } from "@berth/core";
import { expect, onTestFinished, test } from "vitest";
import { ada, givenPending, makeLine, makeTestClock, production, testRandom } from "../conformance/fixtures.ts";
import { openConnection } from "./connection.ts";
import { applyMigrations } from "./migrate.ts";
import { makeSqliteStore } from "./store.ts";
import { makeTestFolder } from "../testing/folder.ts";

/** A store whose disk syncs only when the test says so, once `hold` has been called. */
async function givenDisk() {
  const file = join(await makeTestFolder(), "berth.db");
  const connection = openConnection(file);
  applyMigrations(connection, file);
  const waiting: PromiseWithResolvers<void>[] = [];
  let isHeld = false;
  const sync = () => {
    if (!isHeld) return Promise.resolve();
    waiting.push(Promise.withResolvers<void>());
    return waiting.at(-1)!.promise;
  };
  const deps = {
    connection,
    file,
    sync,
    release: () => undefined,
    clock: makeTestClock(),
    random: testRandom,
    log: quietLog,
  };
  const store = makeSqliteStore(deps);
  onTestFinished(() => store.close());
  return { store, connection, waiting, hold: () => (isHeld = true) };
}

/** Whether a promise is settled once everything that waits for nothing outside has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => (settled = true);
  void promise.then(note, note);
  await new Promise(setImmediate);
  return settled;
}

const lasting: Record<string, (store: Store, revision: number) => Promise<unknown>> = {
  "apps.create": (store) => store.apps.create({ name: "blog", defaultBranch: null }, ada),
  "apps.setDefaultBranch": (store) => store.apps.setDefaultBranch("shop", "trunk", ada),
  "apps.delete": (store) => store.apps.delete("shop", ada),
  "environments.ensure": (store) =>
    store.environments.ensure({ app: "shop", name: "feature", kind: "preview", branch: "feature" }, ada),
  "environments.delete": (store) => store.environments.delete("shop", "production", ada),
  "releases.promote": (store, revision) =>
    store.releases.promote({ ...production, version: 1, ref: null }, revision, ada),
  "tokens.create": (store) => store.tokens.create({ person: "ada", role: "owner", note: "", hash: "00" }, ada),
  "installation.getOrMake": (store) => store.installation.getOrMake("key", () => "secret"),
  "audit.append": (store) =>
    store.audit.append({ person: "ada", action: "look", app: null, environment: null, detail: "" }),
};

test.each(Object.entries(lasting))("%s is acknowledged, and told, once it is on the disk", async (_, write) => {
  const { store, waiting, hold } = await givenDisk();
  const { environment } = await givenPending(store);
  const told: unknown[] = [];
  store.changes.follow((change) => change.kind !== "operation" && told.push(change));
  hold();
  const written = write(store, environment.revision);
  expect(await isSettled(written)).toBe(false);
  expect(told).toEqual([]);
  waiting[0]!.resolve();
  await written;
});

test("what is not acknowledged to anyone, or is repaired after a loss of power, waits for no disk", async () => {
  const { store, waiting, hold } = await givenDisk();
  await givenPending(store);
  hold();
  await store.releases.fail({ ...production, version: 1, reason: "no" }, ada);
  const { release } = await givenPending(store);
  await store.operations.append(release.operation, [makeLine("x")]);
  await store.environments.clearPendingRef("shop", "production");
  await store.operations.finish(release.operation, { ok: true, url: null });
  expect(waiting.length).toBe(0);
});

test("after a failed sync nothing more is acknowledged, told or written", async () => {
  const { store, connection, waiting, hold } = await givenDisk();
  const { environment, release } = await givenPending(store);
  const told: unknown[] = [];
  store.changes.follow((change) => told.push(change));
  hold();
  const promoted = store.releases.promote({ ...production, version: 1, ref: null }, environment.revision, ada);
  waiting[0]!.reject(Object.assign(new Error("i/o error, fdatasync"), { code: "EIO" }));
  await expect(promoted).rejects.toMatchObject({ code: "store.failed", path: connection.name });
  expect(told).toEqual([]);
  const append = store.operations.append(release.operation, [makeLine("x")]);
  await expect(append).rejects.toMatchObject({ code: "store.failed" });
  expect(await store.operations.events(release.operation, 0)).toEqual([]);
});

test("a full disk is told as such, and the store goes on when there is space again", async () => {
  const { store, connection } = await givenDisk();
  await store.installation.put("small", "1");
  const pages = connection.pragma("page_count", { simple: true });
  connection.pragma(`max_page_count = ${pages}`);
  const large = store.installation.put("large", "x".repeat(1_000_000));
  await expect(large).rejects.toMatchObject({ code: "disk.full", path: connection.name });
  expect(await store.installation.get("large")).toBeNull();
  connection.pragma("max_page_count = 1000000");
  await store.installation.put("large", "y");
  expect(await store.installation.get("small")).toBe("1");
});

test("a closed store says so", async () => {
  const { store } = await givenDisk();
  await store.close();
  await store.close();
  await expect(store.apps.get("shop")).rejects.toMatchObject({ code: "store.failed" });
  await expect(store.installation.put("a", "b")).rejects.toMatchObject({ message: "Berth's database is closed." });
});
