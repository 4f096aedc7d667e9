import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { BerthError, type Operation } from "@berth/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "./testing/gate.ts";
import { type Harbour, startHarbour } from "./testing/harbour.ts";

let harbour: Harbour;
let copy: string;
let first: string;
beforeEach(async () => {
  harbour = await startHarbour({ maxPushBytes: 1024 * 1024 });
  await harbour.store.apps.create({ name: "shop", defaultBranch: null }, { person: "ada", role: "owner" });
  copy = await harbour.workingCopy("shop", { "server.js": "1" });
  first = await harbour.commit(copy, { "lib/one.js": "1" });
});
afterEach(() => harbour.close());

/** The tree of a commit as a pack, without what another one has. */
function pack(commit: string, base: string | null = null): Buffer {
  const input = base === null ? `${commit}^{tree}\n` : `${commit}^{tree}\n^${base}^{tree}\n`;
  return spawnSync("git", ["pack-objects", "--revs", "--thin", "--stdout", "-q"], { cwd: copy, input }).stdout;
}

const treeOf = (commit: string) =>
  spawnSync("git", ["rev-parse", `${commit}^{tree}`], { cwd: copy, encoding: "utf8" }).stdout.trim();

interface Sent {
  status: number;
  type: string | null;
  body: Operation & { code?: string; detail?: string };
}

async function send(commit: string, body: Buffer, { token = "ada-deployer", type = packType } = {}): Promise<Sent> {
  const url = `http://127.0.0.1:${harbour.port}/shop.git/berth-working-tree?tree=${treeOf(commit)}`;
  const authorization = `Basic ${Buffer.from(`x:${token}`).toString("base64")}`;
  const headers = { authorization, "content-type": type };
  const response = await fetch(url, { method: "POST", body: new Uint8Array(body), headers });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: (await response.json()) as Sent["body"],
  };
}

const packType = "application/x-git-packed-objects";
const refOf = (environment: string) => harbour.refAt("shop", `refs/berth/deploy/${environment}`);

test("a working tree is deployed to the environment of whoever sent it, and the next one is sent as what has changed", async () => {
  const { status, body } = await send(first, pack(first));
  expect([status, body.environment, body.kind]).toEqual([202, "ada", "deploy"]);
  await until(async () => (await refOf("ada")) === treeOf(first));
  const next = await harbour.commit(copy, { "lib/one.js": "2" });
  const thin = pack(next, first);
  expect(thin.readUInt32BE(8)).toBe(3);
  await send(next, thin);
  await until(async () => (await refOf("ada")) === treeOf(next));
  const [, request] = harbour.deployments.deployed;
  expect(request).toMatchObject({
    environment: "ada",
    kind: "dev",
    ref: null,
    origin: { message: "working tree of ada" },
  });
  expect((await request!.source.list()).map(({ path }) => path)).toEqual(["lib/one.js", "server.js"]);
  await send(next, pack(next, next), { token: "grace-deployer" });
  await until(async () => (await refOf("grace")) === treeOf(next));
});

test("many objects are kept as one pack", async () => {
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, number) => [`lib/${number}.js`, String(number)]));
  const commit = await harbour.commit(copy, files);
  expect((await send(commit, pack(commit))).status).toBe(202);
  await until(async () => (await refOf("ada")) === treeOf(commit));
  const packs = await harbour.git(`${harbour.folder}/home/git/shop.git`, ["count-objects", "-v"]);
  expect(packs.output).toMatch(/packs: 1/);
});

test("what builds on something that is not there is refused, and so is what is no pack", async () => {
  const next = await harbour.commit(copy, { "server.js": "1".repeat(5_000) });
  const after = await harbour.commit(copy, { "server.js": `${"1".repeat(5_000)}2` });
  for (const body of [pack(after, next), Buffer.from("nonsense that is long enough"), Buffer.from("PACK")]) {
    const answer = await send(after, body);
    expect([answer.status, answer.type, answer.body.code]).toEqual([500, "application/problem+json", "git.failed"]);
  }
  expect(harbour.deployments.deployed).toEqual([]);
  expect((await send(after, pack(after))).status).toBe(202);
});

test("it needs a role, a content type that no page can send, and has a limit", async () => {
  expect((await send(first, pack(first), { token: "eve-viewer" })).body.code).toBe("auth.forbidden");
  expect((await send(first, pack(first), { token: "nonsense" })).status).toBe(401);
  expect((await send(first, pack(first), { type: "text/plain" })).status).toBe(422);
  const large = await harbour.commit(copy, { "big.bin": randomBytes(2 * 1024 * 1024).toString("base64") });
  await expect(send(large, pack(large)).then(({ status }) => status)).resolves.toBeGreaterThanOrEqual(422);
  expect(harbour.deployments.deployed).toEqual([]);
});

test("one that fails is not kept", async () => {
  harbour.deployments.build = async () => {
    throw new BerthError("build.failed", "It does not compile.");
  };
  await send(first, pack(first));
  await until(() => harbour.deployments.deployed.length === 1);
  expect(await refOf("ada")).toBe("");
});
