import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { expect, it } from "vitest";
import { startTestRegistry } from "../testing/registry.ts";

const codeOf = (answer: { json(): unknown }) => (answer.json() as { errors: { code: string }[] }).errors[0]?.code;

it("gives a blob whole, to be kept for ever", async () => {
  const { send, blob } = await startTestRegistry();
  const content = randomBytes(300_000);
  const digest = await blob("shop", content);
  const got = await send("GET", `/v2/shop/blobs/${digest}`, { as: "vera" });
  expect(got.status).toBe(200);
  expect(got.body.equals(content)).toBe(true);
  expect(got.headers).toMatchObject({
    "content-length": "300000",
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    etag: `"${digest}"`,
    "x-content-type-options": "nosniff",
  });
  expect(got.headers["cache-control"]).toContain("immutable");
  expect(got.headers["content-security-policy"]).toContain("sandbox");
  const head = await send("HEAD", `/v2/shop/blobs/${digest}`, { headers: { range: "bytes=0-1" } });
  expect(head.status).toBe(200);
  expect(head.headers["content-length"]).toBe("300000");
  expect((await send("GET", `/v2/shop/blobs/${digest}`, { headers: { "if-none-match": `"${digest}"` } })).status).toBe(
    304,
  );
  const empty = await blob("shop", "");
  expect((await send("GET", `/v2/shop/blobs/${empty}`)).headers["content-length"]).toBe("0");
});

it("gives one range of a blob", async () => {
  const { send, blob } = await startTestRegistry();
  const digest = await blob("shop", "0123456789");
  const get = async (range: string, more = {}) => {
    const { status, headers, body } = await send("GET", `/v2/shop/blobs/${digest}`, { headers: { range, ...more } });
    return [status, headers["content-range"], body.toString()];
  };
  expect(await get("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
  expect(await get("bytes=7-")).toEqual([206, "bytes 7-9/10", "789"]);
  expect(await get("bytes=-2")).toEqual([206, "bytes 8-9/10", "89"]);
  expect(await get("bytes=0-0,3-4")).toEqual([200, undefined, "0123456789"]);
  expect((await get("bytes=10-")).slice(0, 2)).toEqual([416, "bytes */10"]);
  expect(await get("bytes=2-4", { "if-range": `"${digest}"` })).toEqual([206, "bytes 2-4/10", "234"]);
  expect(await get("bytes=2-4", { "if-range": '"other"' })).toEqual([200, undefined, "0123456789"]);
});

it("gives no blob to whoever only knows its digest", async () => {
  const { send, blob } = await startTestRegistry();
  const digest = await blob("notes", "secret");
  for (const repository of ["shop", "shop/notes", "notes/other"]) {
    const answer = await send("GET", `/v2/${repository}/blobs/${digest}`);
    expect(answer.status).toBe(404);
    expect(codeOf(answer)).toBe("BLOB_UNKNOWN");
  }
  expect(codeOf(await send("GET", "/v2/shop/blobs/sha256:short"))).toBe("DIGEST_INVALID");
});

it("takes a blob out of one repository alone", async () => {
  const { send, blob } = await startTestRegistry();
  const digest = await blob("shop", "layer");
  await blob("notes", "layer");
  expect((await send("DELETE", `/v2/shop/blobs/${digest}`, { as: "vera" })).status).toBe(403);
  expect((await send("DELETE", `/v2/shop/blobs/${digest}`)).status).toBe(202);
  expect((await send("HEAD", `/v2/shop/blobs/${digest}`)).status).toBe(404);
  expect((await send("DELETE", `/v2/shop/blobs/${digest}`)).status).toBe(404);
  expect((await send("GET", `/v2/notes/blobs/${digest}`)).body.toString()).toBe("layer");
});

it("holds no more of a blob in memory than a slow client takes", async () => {
  const { port, blob, send } = await startTestRegistry();
  const sizeBytes = 64 * 2 ** 20;
  const digest = await blob("shop", Buffer.alloc(sizeBytes, 7));
  const authorization = `Basic ${Buffer.from("x:ada").toString("base64")}`;
  const request = `GET /v2/shop/blobs/${digest} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`;
  const before = process.memoryUsage();
  const slow = Array.from({ length: 20 }, () => {
    const socket = connect(port, "127.0.0.1").pause();
    socket.write(request);
    return socket;
  });
  await Promise.all(slow.map((socket) => once(socket, "connect")));
  // Another client is served meanwhile, after all of those have been begun with.
  expect((await send("GET", `/v2/shop/blobs/${digest}`)).body.length).toBe(sizeBytes);
  const after = process.memoryUsage();
  for (const socket of slow) socket.destroy();
  expect(after.rss - before.rss).toBeLessThan(20 * sizeBytes * 0.4);
}, 60_000);
