import { createHash, randomBytes } from "node:crypto";
import { readdir, utimes } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { makeHome } from "../../testing/images.ts";
import { startTestRegistry, type TestRegistry } from "../testing/registry.ts";

const codeOf = (answer: { json(): unknown }) => (answer.json() as { errors: { code: string }[] }).errors[0]?.code;
const partial = ({ home }: TestRegistry) => readdir(join(home, "images", "partial"));
const content = randomBytes(3_000);
const digest = digestOf(content);
const parts = [content.subarray(0, 1_000), content.subarray(1_000, 2_000), content.subarray(2_000)] as const;

async function begin({ send }: Pick<TestRegistry, "send">, repository = "shop"): Promise<string> {
  const { status, headers } = await send("POST", `/v2/${repository}/blobs/uploads/`);
  expect(status).toBe(202);
  expect(headers.range).toBe("0-0");
  expect(headers["docker-upload-uuid"]).toMatch(/^[0-9a-f]{32}$/);
  return headers.location!;
}

it("takes a blob in one request", async () => {
  const registry = await startTestRegistry();
  const post = await registry.send("POST", `/v2/shop/blobs/uploads/?digest=${digest}`, { body: content });
  expect(post.status).toBe(201);
  expect(post.headers).toMatchObject({ location: `/v2/shop/blobs/${digest}`, "docker-content-digest": digest });
  expect((await registry.send("GET", post.headers.location!)).body.equals(content)).toBe(true);
  const wrong = await registry.send("POST", `/v2/shop/blobs/uploads/?digest=${digest}`, { body: parts[0] });
  expect(wrong.status).toBe(400);
  expect(codeOf(wrong)).toBe("DIGEST_INVALID");
  expect(codeOf(await registry.send("POST", "/v2/shop/blobs/uploads/?digest=sha256:x"))).toBe("DIGEST_INVALID");
  expect(await partial(registry)).toEqual([]);
});

it("takes a blob as a stream, as Docker sends it", async () => {
  const { send } = await startTestRegistry();
  const location = await begin({ send });
  const patch = await send("PATCH", location, { headers: { "transfer-encoding": "chunked" }, body: content });
  expect(patch.status).toBe(202);
  expect(patch.headers.range).toBe("0-2999");
  const put = await send("PUT", `${patch.headers.location}?digest=${digest}`);
  expect(put.status).toBe(201);
  expect((await send("GET", `/v2/shop/blobs/${digest}`)).body.equals(content)).toBe(true);
  expect((await send("GET", location)).status).toBe(404);
});

it("takes a blob in parts, each where the one before has ended", async () => {
  const { send } = await startTestRegistry();
  const location = await begin({ send });
  const patch = (range: string, body: Uint8Array) =>
    send("PATCH", location, { headers: { "content-range": range }, body });
  expect((await patch("0-999", parts[0])).headers.range).toBe("0-999");
  for (const range of ["0-999", "2000-2999", "999-1998", "1000", "x"]) {
    const wrong = await patch(range, parts[1]);
    expect(wrong.status).toBe(416);
    expect(wrong.headers).toMatchObject({ range: "0-999", location });
    expect(codeOf(wrong)).toBe("BLOB_UPLOAD_INVALID");
  }
  expect(codeOf(await patch("1000-1998", parts[1]))).toBe("SIZE_INVALID");
  expect((await patch("1000-1999", parts[1])).status).toBe(202);
  const state = await send("GET", location);
  expect(state.status).toBe(204);
  expect(state.headers).toMatchObject({ range: "0-1999", location });
  const put = await send("PUT", `${location}?digest=${digest}`, {
    headers: { "content-range": "2000-2999" },
    body: parts[2],
  });
  expect(put.status).toBe(201);
});

it("takes no more of a stream than its range says", async () => {
  const { send } = await startTestRegistry();
  const location = await begin({ send });
  const headers = { "content-range": "0-999", "transfer-encoding": "chunked" };
  expect(codeOf(await send("PATCH", location, { headers, body: content }))).toBe("SIZE_INVALID");
  expect(codeOf(await send("PATCH", location, { headers, body: parts[0].subarray(1) }))).toBe("SIZE_INVALID");
  expect((await send("GET", location)).headers.range).toBe("0-998");
});

it("forgets an upload that is not what its digest says, and keeps one whose digest is no digest", async () => {
  const registry = await startTestRegistry();
  const { send } = registry;
  const location = await begin(registry);
  await send("PATCH", location, { body: content });
  for (const query of ["", "?digest=sha256:x", "?digest=md5:00"]) {
    expect(codeOf(await send("PUT", `${location}${query}`))).toBe("DIGEST_INVALID");
  }
  expect((await send("GET", location)).status).toBe(204);
  expect(codeOf(await send("PUT", `${location}?digest=${digestOf("other")}`))).toBe("DIGEST_INVALID");
  expect((await send("GET", location)).status).toBe(404);
  expect(await partial(registry)).toEqual([]);
});

it("knows blobs by their SHA-512 too", async () => {
  const { send } = await startTestRegistry();
  const sha512 = `sha512:${createHash("sha512").update(content).digest("hex")}`;
  const put = async (wanted: string) =>
    await send("PUT", `${await begin({ send })}?digest=${wanted}`, { body: content });
  expect(codeOf(await put(`sha512:${"0".repeat(128)}`))).toBe("DIGEST_INVALID");
  expect((await put(sha512)).headers.location).toBe(`/v2/shop/blobs/${sha512}`);
  const got = await send("GET", `/v2/shop/blobs/${sha512}`);
  expect(got.headers["docker-content-digest"]).toBe(sha512);
  expect(got.body.equals(content)).toBe(true);
  expect((await send("GET", `/v2/notes/blobs/${sha512}`)).status).toBe(404);
  expect((await send("DELETE", `/v2/shop/blobs/${sha512}`)).status).toBe(202);
  expect((await send("GET", `/v2/shop/blobs/${sha512}`)).status).toBe(404);
});

it("cancels an upload", async () => {
  const registry = await startTestRegistry();
  const location = await begin(registry);
  await registry.send("PATCH", location, { body: content });
  expect((await registry.send("DELETE", location)).status).toBe(204);
  expect(codeOf(await registry.send("PATCH", location, { body: content }))).toBe("BLOB_UPLOAD_UNKNOWN");
  expect(await partial(registry)).toEqual([]);
});

it("keeps an upload to the repository it was begun in, and to those who may push there", async () => {
  const { send } = await startTestRegistry();
  const location = await begin({ send });
  for (const other of [
    location.replace("shop", "notes"),
    location.replace("shop", "shop/tools"),
    `${location}0`,
    "/v2/shop/blobs/uploads/..",
  ]) {
    for (const method of ["GET", "PATCH", "DELETE"]) expect((await send(method, other)).status).toBe(404);
    expect((await send("PUT", `${other}?digest=${digest}`)).status).toBe(404);
  }
  for (const method of ["GET", "PATCH", "DELETE", "PUT"]) {
    expect((await send(method, location, { as: "vera" })).status).toBe(403);
  }
});

/** Sends the first part of a body and leaves the rest unsent. */
async function sendHalf({ port, send }: TestRegistry, location: string) {
  const headers = { authorization: `Basic ${Buffer.from("x:ada").toString("base64")}`, "content-length": 3_000 };
  const outgoing = httpRequest({ host: "127.0.0.1", port, method: "PATCH", path: location, headers });
  const closed = new Promise<void>((resolve) => outgoing.once("close", resolve));
  outgoing.on("error", () => undefined).write(parts[0]);
  await expect.poll(async () => (await send("GET", location)).headers.range, { timeout: 10_000 }).toBe("0-999");
  return { outgoing, closed };
}

it("goes on where a connection broke", async () => {
  const registry = await startTestRegistry();
  const location = await begin(registry);
  const { outgoing, closed } = await sendHalf(registry, location);
  outgoing.destroy();
  await closed;
  const rest = content.subarray(1_000);
  const put = await registry.send("PUT", `${location}?digest=${digest}`, {
    headers: { "content-range": "1000-2999" },
    body: rest,
  });
  expect(put.status).toBe(201);
});

it("lets a new request take over from one that has died without a word", async () => {
  const registry = await startTestRegistry();
  const location = await begin(registry);
  const { closed } = await sendHalf(registry, location);
  const rest = await registry.send("PATCH", location, {
    headers: { "content-range": "1000-2999" },
    body: content.subarray(1_000),
  });
  expect(rest.headers.range).toBe("0-2999");
  await closed;
  expect((await registry.send("PUT", `${location}?digest=${digest}`)).status).toBe(201);
});

it("goes on after a restart", async () => {
  const home = await makeHome();
  const before = await startTestRegistry(home);
  const location = await begin(before);
  await before.send("PATCH", location, { body: parts[0] });
  await before.registry.close();
  const after = await startTestRegistry(home);
  expect((await after.send("GET", location)).headers.range).toBe("0-999");
  const put = await after.send("PUT", `${location}?digest=${digest}`, { body: content.subarray(1_000) });
  expect(put.status).toBe(201);
});

it("keeps few drafts open, whatever was begun", async () => {
  const registry = await startTestRegistry();
  const locations = [];
  for (let begun = 0; begun < 40; begun += 1) locations.push(await begin(registry));
  for (const location of [locations[0]!, locations[39]!, locations[5]!]) {
    await registry.send("PATCH", location, { body: content });
    expect((await registry.send("PUT", `${location}?digest=${digest}`)).status).toBe(201);
  }
});

it("takes a blob over from another repository that the token may pull from", async () => {
  const { send, blob } = await startTestRegistry();
  await blob("notes", content);
  const mount = (from: string, headers = {}, as: string | null = "ada") =>
    send("POST", `/v2/shop/tools/blobs/uploads/?mount=${digest}${from}`, { headers, as });
  const tokenFor = async (...scopes: string[]) => {
    const query = scopes.map((scope) => `scope=${scope}`).join("&");
    const { token } = (await send("GET", `/v2/token?${query}`)).json() as { token: string };
    return { authorization: `Bearer ${token}` };
  };
  const push = "repository:shop/tools:pull,push";
  // It has to be sent where it may not be pulled, is not there, or nobody says where it is.
  expect((await mount("&from=notes", await tokenFor(push), null)).status).toBe(202);
  for (const from of ["&from=shop", "&from=gone", "&from=../notes", ""]) expect((await mount(from)).status).toBe(202);
  expect((await send("HEAD", `/v2/shop/tools/blobs/${digest}`)).status).toBe(404);

  const mounted = await mount("&from=notes", await tokenFor(push, "repository:notes:pull"), null);
  expect(mounted.status).toBe(201);
  expect(mounted.headers).toMatchObject({
    location: `/v2/shop/tools/blobs/${digest}`,
    "docker-content-digest": digest,
  });
  expect((await send("GET", `/v2/shop/tools/blobs/${digest}`)).body.equals(content)).toBe(true);
  expect((await send("HEAD", `/v2/shop/blobs/${digest}`)).status).toBe(404);
  expect((await mount("")).status).toBe(201);
});

it("refuses what the disk has no room for, and goes on when it has", async () => {
  const registry = await startTestRegistry();
  const { send, disk } = registry;
  const location = await begin(registry);
  disk.freeBytes = 128 * 2 ** 20 + 2_000;
  const refused = await send("PATCH", location, { body: content });
  expect(refused.status).toBe(507);
  expect(refused.json()).toMatchObject({
    errors: [{ code: "UNAVAILABLE", message: expect.stringContaining("Free some space") }],
  });
  disk.freeBytes = 2 ** 20;
  expect((await send("POST", "/v2/shop/blobs/uploads/")).status).toBe(507);
  disk.freeBytes = 2 ** 40;
  expect((await send("PUT", `${location}?digest=${digest}`, { body: content })).status).toBe(201);
});

it("ends an upload without a length when the disk fills", async () => {
  const registry = await startTestRegistry();
  const location = await begin(registry);
  let looks = 0;
  Object.defineProperty(registry.disk, "freeBytes", { get: () => (looks++ === 0 ? 2 ** 40 : 0) });
  const headers = { "transfer-encoding": "chunked" };
  expect((await registry.send("PATCH", location, { headers, body: Buffer.alloc(80 * 2 ** 20) })).status).toBe(507);
  expect(looks).toBe(2);
});

it("bounds the uploads of an app, and leaves the others theirs", async () => {
  const registry = await startTestRegistry();
  const start = (repository: string) => registry.send("POST", `/v2/${repository}/blobs/uploads/`);
  const many = await Promise.all(Array.from({ length: 110 }, (_, index) => start(index % 2 ? "shop" : "shop/tools")));
  expect(many.filter(({ status }) => status === 202)).toHaveLength(100);
  const refused = await start("shop");
  expect(refused.status).toBe(429);
  expect(refused.body.toString()).toContain("100 uploads of shop are under way");
  expect((await start("notes")).status).toBe(202);
});

it("forgets uploads that nothing was sent to for a day", async () => {
  const registry = await startTestRegistry();
  const [old, young] = [await begin(registry), await begin(registry)];
  const [first] = await partial(registry);
  const isOld = first!.endsWith(old.slice(-32)) ? first! : (await partial(registry))[1]!;
  const then = registry.clock.time / 1000 - 86_401;
  await utimes(join(registry.home, "images", "partial", isOld), then, then);
  registry.clock.time += 3_600_000;
  await begin(registry);
  expect((await registry.send("GET", old)).status).toBe(404);
  expect((await registry.send("GET", young)).status).toBe(204);
});

it("tells a client to send its body only once it is clear that it will be taken", async () => {
  const registry = await startTestRegistry();
  const location = await begin(registry);
  const send = (as: string) =>
    new Promise<{ status: number; continued: boolean }>((resolve, reject) => {
      const headers = {
        authorization: `Basic ${Buffer.from(`x:${as}`).toString("base64")}`,
        expect: "100-continue",
        "content-length": 3_000,
      };
      let continued = false;
      const outgoing = httpRequest({
        host: "127.0.0.1",
        port: registry.port,
        method: "PATCH",
        path: location,
        headers,
      });
      outgoing.on("continue", () => {
        continued = true;
        outgoing.end(content);
      });
      outgoing.on("response", (response) => {
        resolve({ status: response.statusCode ?? 0, continued });
        response.resume();
        outgoing.destroy();
      });
      outgoing.on("error", reject).flushHeaders();
    });
  expect(await send("vera")).toEqual({ status: 403, continued: false });
  expect(await send("ada")).toEqual({ status: 202, continued: true });
});
