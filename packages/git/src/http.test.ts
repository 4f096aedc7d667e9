import { createHash, randomBytes } from "node:crypto";
import { appendFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { flushPacket, packet } from "./pkt-line.ts";
import { type Harbour, startHarbour } from "./testing/harbour.ts";

const maxPushBytes = 160 * 1024 * 1024;
let harbour: Harbour;
let copy: string;
beforeEach(async () => {
  harbour = await startHarbour({ maxPushBytes });
  copy = await harbour.workingCopy("shop", { "server.js": "1" });
});
afterEach(() => harbour.close());

const authorization = `Basic ${Buffer.from("x:ada-deployer").toString("base64")}`;

function post(body: Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${harbour.port}/shop.git/git-receive-pack`, {
    method: "POST",
    body: new Uint8Array(body),
    headers: { authorization, "content-type": "application/x-git-receive-pack-request", ...headers },
  });
}

test("without a token git is asked for one, and told how to get it", async () => {
  const url = `http://127.0.0.1:${harbour.port}/shop.git/info/refs?service=git-receive-pack`;
  const response = await fetch(url);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Basic realm="Berth"/);
  expect(await response.text()).toContain("berth login");
});

test("a wrong token is refused, with what to do", async () => {
  const { code, output } = await harbour.git(copy, ["push", harbour.url("shop", "nonsense"), "main"]);
  expect(code).toBe(128);
  expect(output).toContain("remote: This token is not valid.");
  expect(output).toContain("berth login");
});

test("a viewer may fetch and not push", async () => {
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  const viewed = harbour.url("shop", "eve-viewer");
  expect((await harbour.git(copy, ["fetch", viewed, "main"])).code).toBe(0);
  const { code, output } = await harbour.git(copy, ["push", viewed, "main:other"]);
  expect(code).toBe(128);
  expect(output).toContain("eve (viewer) may not push to shop.");
});

test("an app that is not there cannot be fetched, and a dry run does not make it", async () => {
  const fetched = await harbour.git(copy, ["fetch", harbour.url("shop")]);
  expect(fetched.output).toContain("There is no app named shop.");
  expect((await harbour.git(copy, ["push", "--dry-run", harbour.url("shop"), "main"])).code).toBe(0);
  expect(await harbour.store.apps.get("shop")).toBeNull();
});

test("an unsuitable app name is told before anything is made", async () => {
  const { output } = await harbour.git(copy, ["push", harbour.url("Shop_1"), "main"]);
  expect(output).toContain('The app name "Shop_1" does not fit.');
});

test("what was pushed can be cloned, also in part and with the older protocol", async () => {
  await harbour.git(copy, ["push", harbour.url("shop"), "main:trunk", "main:master"]);
  for (const [name, ...options] of [["v2"], ["partial", "--filter=blob:none"], ["v0", "-c", "protocol.version=0"]]) {
    const target = `${harbour.folder}/${name}`;
    const { code } = await harbour.git(harbour.folder, ["clone", ...options, harbour.url("shop"), target]);
    expect(code).toBe(0);
    const { output } = await harbour.git(target, ["log", "-1", "--format=%s %D"]);
    // The default branch is what a clone checks out.
    expect(output).toContain("Begin HEAD -> master");
  }
});

test("a packed request is unpacked", async () => {
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  const response = await fetch(`http://127.0.0.1:${harbour.port}/shop.git/git-upload-pack`, {
    method: "POST",
    body: new Uint8Array(gzipSync(Buffer.concat([packet("command=ls-refs\n"), flushPacket]))),
    headers: {
      authorization,
      "content-type": "application/x-git-upload-pack-request",
      "content-encoding": "gzip",
      "git-protocol": "version=2",
    },
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("refs/heads/main");
});

test("a request that a page of another site could send is refused", async () => {
  const response = await post(flushPacket, { "content-type": "text/plain" });
  expect(response.status).toBe(422);
});

test("a person who opens the address in a browser is told what it is", async () => {
  const response = await fetch(`http://127.0.0.1:${harbour.port}/shop.git`, { headers: { authorization } });
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("git clone");
});

test.each([
  "refs/heads/../../config",
  "refs/heads/x.lock",
  "refs/heads/-x y",
  "refs/heads/a//b",
  "HEAD",
  "refs/heads/\u001b[2J",
])("the name %j is refused as a ref", async (ref) => {
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  const commit = await harbour.refAt("shop", "refs/heads/main");
  const zero = "0".repeat(40);
  const command = `${zero} ${commit} ${ref}\0report-status side-band-64k`;
  const response = await post(Buffer.concat([packet(command), flushPacket, emptyPack()]));
  const text = await response.text();
  expect(text).toMatch(/ng (refs|HEAD)/);
  expect(text).not.toMatch(/ok (refs|HEAD)/);
  expect(harbour.deployments.deployed).toHaveLength(1);
});

test("a branch is at a commit, not at a tag", async () => {
  await harbour.git(copy, ["tag", "--annotate", "-m", "x", "marked"]);
  await harbour.git(copy, ["push", harbour.url("shop"), "marked"]);
  const tag = await harbour.refAt("shop", "refs/tags/marked");
  const command = `${"0".repeat(40)} ${tag} refs/heads/x\0report-status`;
  const response = await post(Buffer.concat([packet(command), flushPacket, emptyPack()]));
  expect(await response.text()).toContain("ng refs/heads/x a branch must be at a commit");
});

test("an interrupted upload is refused", async () => {
  await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  const command = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/x\0report-status`;
  const response = await post(Buffer.concat([packet(command), flushPacket, emptyPack().subarray(0, 10)]));
  expect(await response.text()).toContain("ng refs/heads/x unpacker error");
  expect(harbour.deployments.deployed).toHaveLength(1);
});

/** A pack of no objects, as git sends one where the server has them all. */
function emptyPack(): Buffer {
  const head = Buffer.concat([Buffer.from("PACK"), Buffer.of(0, 0, 0, 2, 0, 0, 0, 0)]);
  return Buffer.concat([head, createHash("sha1").update(head).digest()]);
}

/** Parts of 16 MiB. */
const bigParts = 9;

test("a big push goes through without being held in memory, and one beyond the limit is refused", async () => {
  await harbour.git(copy, ["config", "core.compression", "0"]);
  const part = randomBytes(16 * 1024 * 1024);
  for (let number = 0; number < bigParts; number += 1) await appendFile(`${copy}/big.bin`, part);
  await harbour.commit(copy, {});
  const before = process.memoryUsage();
  let peak = 0;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 5);
  const { code, output } = await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  clearInterval(sampling);
  expect(output).toContain("[new branch]");
  expect(code).toBe(0);
  expect(peak).toBeGreaterThan(0);
  // What was passed on and not collected yet counts too, so that only much less than the push tells anything.
  expect(peak - before.arrayBuffers).toBeLessThan((bigParts * part.length) / 2);
  await writeFile(`${copy}/bigger.bin`, randomBytes(maxPushBytes));
  await harbour.commit(copy, {});
  const refused = await harbour.git(copy, ["push", harbour.url("shop"), "main"]);
  expect(refused.code).not.toBe(0);
  expect(harbour.deployments.deployed).toHaveLength(1);
}, 120_000);
