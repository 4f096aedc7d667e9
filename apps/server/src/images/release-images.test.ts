import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Actor, type Digest, quietLog, type Snapshot, systemClock, systemRandom } from "@berth/core";
import { openSqliteStore } from "@berth/store";
import { expect, onTestFinished, test } from "vitest";
import { readReleaseTags } from "./release-images.ts";

const ada: Actor = { person: "ada", role: "owner" };
const digestOf = (name: string): Digest => `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0")}`;

function makeSnapshot(...services: string[]): Snapshot {
  const spec = {
    source: ".",
    command: { argv: ["node", "server.js"] },
    routes: ["/"],
    listens: true,
    health: { path: "/", timeoutMs: 30_000 },
    scale: { min: 1, max: 1, idleMs: 300_000 },
    resources: { cpuMillis: 250, memoryBytes: 2 ** 29 },
    env: {},
    stopGraceMs: 10_000,
  };
  return { services: services.map((name) => ({ image: digestOf(name), spec: { ...spec, name } })) };
}

/** A store with releases of `shop`, one of each snapshot. */
async function givenReleases(environment: string, snapshots: readonly Snapshot[]) {
  const folder = await mkdtemp(join(tmpdir(), "berth-release-images-"));
  const store = await openSqliteStore({
    file: join(folder, "berth.db"),
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  await store.apps.create({ name: "shop", defaultBranch: null }, ada);
  const scope = { app: "shop", environment };
  const kind = environment === "production" ? "production" : "preview";
  const made = await store.environments.ensure({ app: "shop", name: environment, kind, branch: null }, ada);
  let { revision } = made;
  for (const snapshot of snapshots) {
    const { id } = await store.operations.start({ ...scope, kind: "deploy" }, ada);
    const origin = { commit: null, tree: "0".repeat(40), branch: null, message: "Begin", author: null };
    const release = { ...scope, kind: "deploy" as const, carries: null, snapshot, origin, operation: id };
    ({ revision } = (await store.releases.create(release, revision, ada)).environment);
  }
  return store;
}

test("a release has a tag, and one for each service where it has several", async () => {
  const store = await givenReleases("production", [makeSnapshot("web"), makeSnapshot("web", "api"), makeSnapshot()]);
  expect(Object.fromEntries(await readReleaseTags(store, "shop"))).toEqual({
    v1: digestOf("web"),
    "v2-web": digestOf("web"),
    "v2-api": digestOf("api"),
  });
});

test("only production's releases have tags", async () => {
  const store = await givenReleases("feature", [makeSnapshot("web")]);
  expect((await readReleaseTags(store, "shop")).size).toBe(0);
  expect((await readReleaseTags(store, "nobody")).size).toBe(0);
});

test("all releases have tags, however many there are", async () => {
  const store = await givenReleases(
    "production",
    Array.from({ length: 205 }, () => makeSnapshot("web")),
  );
  const tags = await readReleaseTags(store, "shop");
  expect([tags.size, tags.has("v1"), tags.has("v205")]).toEqual([205, true, true]);
});
