import { readdir, readFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { indexType, makeManifest, manifestType, repositoryFolder, startTestRegistry } from "../testing/registry.ts";

const codeOf = (answer: { json(): unknown }) => (answer.json() as { errors: { code: string }[] }).errors[0]?.code;
const absent = `sha256:${"0".repeat(64)}`;

it("gives back the bytes exactly as they were pushed, by tag and by digest", async () => {
  const { send, blob, audit } = await startTestRegistry();
  const [config, layer] = [await blob("shop", "{}"), await blob("shop", "layer")];
  // Neither order nor spaces are canonical.
  const text = ` ${makeManifest(config, layer, 5).replace(",", " ,\n")}\n`;
  const digest = digestOf(text);
  const headers = { "content-type": manifestType };
  const put = await send("PUT", "/v2/shop/manifests/1.0", { headers, body: text });
  expect(put.status).toBe(201);
  expect(put.headers).toMatchObject({
    location: `/v2/shop/manifests/${digest}`,
    "docker-content-digest": digest,
    "content-length": "0",
  });
  expect(put.headers["oci-subject"]).toBeUndefined();
  for (const reference of ["1.0", digest]) {
    const got = await send("GET", `/v2/shop/manifests/${reference}`, { as: "vera" });
    expect(got.body.toString()).toBe(text);
    expect(got.headers).toMatchObject({
      "content-type": manifestType,
      "docker-content-digest": digest,
      etag: `"${digest}"`,
      "x-content-type-options": "nosniff",
    });
    const head = await send("HEAD", `/v2/shop/manifests/${reference}`);
    expect(head.status).toBe(200);
    expect(head.body.length).toBe(0);
    expect(head.headers["content-length"]).toBe(String(text.length));
  }
  expect((await send("GET", "/v2/shop/manifests/1.0", { headers: { "if-none-match": `"${digest}"` } })).status).toBe(
    304,
  );
  expect(audit).toEqual([{ person: "ada", action: "image.push", app: "shop", detail: `shop:1.0 ${digest}` }]);
});

it("gives a manifest only to who accepts its type", async () => {
  const { send, image } = await startTestRegistry();
  await image("shop", "1", "layer");
  const get = (accept: string) => send("GET", "/v2/shop/manifests/1", { headers: { accept } });
  expect((await get(`${indexType}, ${manifestType}`)).status).toBe(200);
  expect((await get("*/*")).status).toBe(200);
  const refused = await get(indexType);
  expect(refused.status).toBe(404);
  expect(codeOf(refused)).toBe("MANIFEST_UNKNOWN");
});

const part = { mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar", digest: absent, size: 1 };

it.each([
  ["no JSON", "{", manifestType],
  ["no object", "[]", manifestType],
  ["another schema", '{"schemaVersion":1}', manifestType],
  ["no layers", `{"schemaVersion":2,"config":{"mediaType":"a","digest":"${absent}","size":2}}`, manifestType],
  ["a broken digest", makeManifest("sha256:x", absent, 1), manifestType],
  ["a negative size", makeManifest(absent, absent, -1), manifestType],
  ["both kinds at once", makeManifest(absent, absent, 1, { manifests: [] }), manifestType],
  [
    "more layers than can be",
    makeManifest(absent, absent, 1, { layers: Array.from({ length: 2_001 }, () => part) }),
    manifestType,
  ],
  ["annotations that are no texts", makeManifest(absent, absent, 1, { annotations: { a: 1 } }), manifestType],
  ["another type than it says", makeManifest(absent, absent, 1), indexType],
  ["a type that is not taken", makeManifest(absent, absent, 1), "application/vnd.docker.distribution.manifest.v1+json"],
  ["bytes that are no text", Buffer.from([0x7b, 0xff, 0x7d]), manifestType],
])("refuses a manifest with %s, and keeps nothing", async (_, body, type) => {
  const registry = await startTestRegistry();
  const answer = await registry.send("PUT", "/v2/shop/manifests/1", { headers: { "content-type": type }, body });
  expect(answer.status).toBe(400);
  expect(codeOf(answer)).toBe("MANIFEST_INVALID");
  expect((await registry.send("GET", "/v2/shop/manifests/1")).status).toBe(404);
  await expect(readdir(repositoryFolder(registry, "shop"))).rejects.toThrow("ENOENT");
});

it("takes no manifest whose parts are missing, of another size, or only in another app's repository", async () => {
  const { send, blob } = await startTestRegistry();
  const config = await blob("shop", "{}");
  const secret = await blob("notes", "layer");
  const put = (text: string) =>
    send("PUT", "/v2/shop/manifests/1", { headers: { "content-type": manifestType }, body: text });
  for (const layer of [absent, secret]) {
    const answer = await put(makeManifest(config, layer, 5));
    expect(answer.status).toBe(404);
    expect(codeOf(answer)).toBe("MANIFEST_BLOB_UNKNOWN");
  }
  await blob("shop", "layer");
  expect(codeOf(await put(makeManifest(config, secret, 4)))).toBe("MANIFEST_INVALID");
  expect((await put(makeManifest(config, secret, 5))).status).toBe(201);
});

it("takes layers that lie elsewhere by their licence, without giving anybody's blob away by that", async () => {
  const { send, blob } = await startTestRegistry();
  const config = await blob("shop", "{}");
  const secret = await blob("notes", "layer");
  const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar";
  const text = makeManifest(config, secret, 5, {
    layers: [{ mediaType, digest: secret, size: 5, urls: ["http://x"] }],
  });
  const put = await send("PUT", "/v2/shop/manifests/1", { headers: { "content-type": manifestType }, body: text });
  expect(put.status).toBe(201);
  expect((await send("GET", `/v2/shop/blobs/${secret}`)).status).toBe(404);
});

it("checks the digest that a manifest is pushed by", async () => {
  const { send, image } = await startTestRegistry();
  const { digest, text } = await image("shop", null, "layer");
  const headers = { "content-type": manifestType };
  const put = (reference: string, body: string) => send("PUT", `/v2/shop/manifests/${reference}`, { headers, body });
  expect((await put(digest, text)).status).toBe(201);
  expect(codeOf(await put(digest, `${text} `))).toBe("DIGEST_INVALID");
  expect(codeOf(await put("sha256:short", text))).toBe("DIGEST_INVALID");
  expect(codeOf(await put("-tag", text))).toBe("MANIFEST_INVALID");
  const sha512 = `sha512:${createHash("sha512").update(text).digest("hex")}`;
  const other = await put(sha512, text);
  expect(other.headers["docker-content-digest"]).toBe(sha512);
  expect((await send("GET", `/v2/shop/manifests/${sha512}`)).body.toString()).toBe(text);
});

it("takes manifests of up to 4 MiB", async () => {
  const { send, image, blob } = await startTestRegistry();
  await image("shop", "1", "layer", { annotations: { long: "x".repeat(3.9 * 2 ** 20) } });
  const text = makeManifest(await blob("shop", "{}"), absent, 1, { annotations: { long: "x".repeat(4 * 2 ** 20) } });
  const headers = { "content-type": manifestType };
  const known = await send("PUT", "/v2/shop/manifests/1", { headers, body: text });
  expect(known.status).toBe(413);
  expect(codeOf(known)).toBe("SIZE_INVALID");
  const streamed = { ...headers, "transfer-encoding": "chunked" };
  expect((await send("PUT", "/v2/shop/manifests/1", { headers: streamed, body: text })).status).toBe(413);
});

it("takes an index of what is there, and no other", async () => {
  const { send, image } = await startTestRegistry();
  const { digest, text } = await image("shop", null, "layer");
  const index = (child: string, type = indexType) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      manifests: [{ mediaType: manifestType, digest: child, size: text.length }],
    });
  const put = (body: string, type = indexType) =>
    send("PUT", "/v2/shop/manifests/all", { headers: { "content-type": type }, body });
  expect((await put(index(digest))).status).toBe(201);
  const list = "application/vnd.docker.distribution.manifest.list.v2+json";
  expect((await put(index(digest, list), list)).status).toBe(201);
  expect((await send("GET", "/v2/shop/manifests/all")).headers["content-type"]).toBe(list);
  expect(codeOf(await put(index(absent)))).toBe("MANIFEST_BLOB_UNKNOWN");
});

it("keeps the type that a manifest was pushed with where it does not say one itself", async () => {
  const { send, blob } = await startTestRegistry();
  const text = makeManifest(await blob("shop", "{}"), await blob("shop", "layer"), 5, { mediaType: undefined });
  const put = await send("PUT", "/v2/shop/manifests/1", { headers: { "content-type": manifestType }, body: text });
  expect(put.status).toBe(201);
  expect((await send("GET", "/v2/shop/manifests/1")).headers["content-type"]).toBe(manifestType);
});

it("serves the images of releases under the app's own name, by the tags of the releases", async () => {
  const registry = await startTestRegistry();
  const { send, releaseImages, releaseTags, images } = registry;
  const [config, layer] = [await images.blobs.put("{}"), await images.blobs.put("layer")];
  const text = makeManifest(config, layer, 5);
  const digest = await images.blobs.put(text);
  expect((await send("GET", `/v2/shop/manifests/${digest}`)).status).toBe(404);
  releaseImages.push(digest);
  releaseTags.set("v1", digest);
  expect((await send("GET", `/v2/shop/manifests/${digest}`)).body.toString()).toBe(text);
  expect((await send("GET", "/v2/shop/manifests/v1")).headers["content-type"]).toBe(manifestType);
  expect((await send("GET", `/v2/shop/blobs/${layer}`)).body.toString()).toBe("layer");
  expect((await send("GET", "/v2/shop/tags/list")).json()).toEqual({ name: "shop", tags: ["v1"] });
  for (const repository of ["notes", "shop/tools"]) {
    expect((await send("GET", `/v2/${repository}/manifests/${digest}`)).status).toBe(404);
    expect((await send("GET", `/v2/${repository}/blobs/${layer}`)).status).toBe(404);
    expect((await send("GET", `/v2/${repository}/manifests/v1`)).status).toBe(404);
  }
  for (const [method, path] of [
    ["DELETE", "/v2/shop/manifests/v1"],
    ["DELETE", `/v2/shop/manifests/${digest}`],
    ["DELETE", `/v2/shop/blobs/${layer}`],
  ] as const) {
    const refused = await send(method, path);
    expect(refused.status).toBe(403);
    expect(codeOf(refused)).toBe("DENIED");
  }
  const push = await send("PUT", "/v2/shop/manifests/v2", { headers: { "content-type": manifestType }, body: text });
  expect(codeOf(push)).toBe("DENIED");
  await expect(readdir(repositoryFolder(registry, "shop"))).rejects.toThrow("ENOENT");
});

it("says of a release's tag that is deleted that it goes with the release, and of one that is pushed to choose another", async () => {
  const { send } = await startTestRegistry();
  const messageOf = (answer: { json(): unknown }) =>
    (answer.json() as { errors: { message: string }[] }).errors[0]?.message;
  expect(messageOf(await send("DELETE", "/v2/shop/manifests/v1"))).toMatch(/goes with it: it cannot be deleted/);
  expect(messageOf(await send("PUT", "/v2/shop/manifests/v1"))).toMatch(/such as ci-v1/);
});

it("names the tags of the services where a release has several", async () => {
  const { send, releaseImages, releaseTags, images } = await startTestRegistry();
  const [config, layer] = [await images.blobs.put("{}"), await images.blobs.put("layer")];
  const digest = await images.blobs.put(makeManifest(config, layer, 5));
  releaseImages.push(digest);
  for (const tag of ["v1-web", "v1-worker", "v10-web"]) releaseTags.set(tag, digest);
  const messageAt = async (tag: string) =>
    ((await send("GET", `/v2/shop/manifests/${tag}`)).json() as { errors: { message: string }[] }).errors[0]?.message;
  expect(await messageAt("v1")).toBe("v1 has several services: v1-web, v1-worker.");
  expect(await messageAt("v2")).toBe("shop has no manifest v2.");
});

it("deletes a tag, and a manifest with all of its tags", async () => {
  const registry = await startTestRegistry();
  const { send, image, audit } = registry;
  const { digest } = await image("shop", "1", "layer");
  await image("shop", "2", "layer");
  await image("shop", "3", "layer");
  await image("shop", "other", "another layer");
  expect((await send("DELETE", "/v2/shop/manifests/1", { as: "vera" })).status).toBe(403);
  expect((await send("DELETE", "/v2/shop/manifests/1")).status).toBe(202);
  expect((await send("GET", "/v2/shop/manifests/1")).status).toBe(404);
  expect((await send("GET", `/v2/shop/manifests/${digest}`)).status).toBe(200);
  expect((await send("DELETE", "/v2/shop/manifests/1")).status).toBe(404);
  expect((await send("DELETE", `/v2/shop/manifests/${digest}`)).status).toBe(202);
  expect((await send("GET", `/v2/shop/manifests/${digest}`)).status).toBe(404);
  expect((await send("GET", "/v2/shop/tags/list")).json()).toEqual({ name: "shop", tags: ["other"] });
  expect((await send("DELETE", `/v2/shop/manifests/${digest}`)).status).toBe(404);
  expect(audit.slice(-2).map(({ action, detail }) => `${action} ${detail}`)).toEqual([
    "image.delete shop:1",
    `image.delete shop@${digest}`,
  ]);
});

it("deletes nothing that something else consists of", async () => {
  const { send, image } = await startTestRegistry();
  const { digest, text } = await image("shop", null, "layer");
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ mediaType: manifestType, digest, size: text.length }],
  });
  await send("PUT", "/v2/shop/manifests/all", { headers: { "content-type": indexType }, body });
  for (const path of [`/v2/shop/manifests/${digest}`, `/v2/shop/blobs/${digestOf("layer")}`]) {
    const refused = await send("DELETE", path);
    expect(refused.status).toBe(405);
    expect(codeOf(refused)).toBe("UNSUPPORTED");
  }
  expect((await send("DELETE", `/v2/shop/manifests/${digestOf(body)}`)).status).toBe(202);
  expect((await send("DELETE", `/v2/shop/manifests/${digest}`)).status).toBe(202);
  expect((await send("DELETE", `/v2/shop/blobs/${digestOf("layer")}`)).status).toBe(202);
});

it("says what is not there, and what cannot be done", async () => {
  const { send } = await startTestRegistry();
  expect(codeOf(await send("GET", "/v2/shop/manifests/none"))).toBe("MANIFEST_UNKNOWN");
  expect((await send("GET", "/v2/shop/manifests/sha256:short")).status).toBe(404);
  expect(codeOf(await send("GET", "/v2/Shop/manifests/a"))).toBe("NAME_INVALID");
  expect((await send("GET", "/v2/shop/nothing/a")).status).toBe(404);
  const patch = await send("PATCH", "/v2/shop/manifests/a");
  expect(patch.status).toBe(405);
  expect(patch.headers.allow).toBe("GET, HEAD, PUT, DELETE");
});

it("keeps each fact of a repository in a file that is whole", async () => {
  const registry = await startTestRegistry();
  const { digest } = await registry.image("shop/tools", "1", "layer");
  const folder = repositoryFolder(registry, "shop", "tools");
  expect(await readFile(join(folder, "tags", "1"), "utf8")).toBe(digest);
  expect(await readdir(join(folder, "manifests"))).toEqual([digest.slice(7)]);
  expect((await readdir(join(folder, "blobs"))).length).toBe(2);
  // What was there when the images were opened is removed while they are used.
  await expect.poll(() => readdir(join(registry.home, "images", "drafts")), { timeout: 10_000 }).toEqual([]);
});

it("holds no more manifests in memory than it has room for", async () => {
  const { port, send, image } = await startTestRegistry();
  const authorization = `Basic ${Buffer.from("x:ada").toString("base64")}`;
  const headers = { authorization, "content-type": manifestType, "content-length": String(4 * 2 ** 20) };
  const slow = Array.from({ length: 17 }, () => {
    const outgoing = request({ host: "127.0.0.1", port, method: "PUT", path: "/v2/shop/manifests/1", headers });
    const answered = new Promise<number | undefined>((resolve) => {
      outgoing.on("response", ({ statusCode }) => resolve(statusCode));
      outgoing.on("error", () => resolve(undefined));
    });
    outgoing.write(Buffer.alloc(4 * 2 ** 20 - 1, " "));
    return { outgoing, answered };
  });
  expect(await Promise.race(slow.map(({ answered }) => answered))).toBe(429);
  // Those of another app have room all the while.
  await image("notes", "1", "layer");
  for (const { outgoing } of slow) outgoing.destroy();
  const body = Buffer.alloc(4 * 2 ** 20);
  const push = async () => (await send("PUT", "/v2/shop/manifests/1", { headers, body })).status;
  await expect.poll(push, { timeout: 10_000 }).toBe(400);
  await image("shop", "1", "layer");
});
