import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import { expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { indexType, makeManifest, manifestType, startTestRegistry, type TestRegistry } from "../testing/registry.ts";
import { makeSharedLock } from "./shared-lock.ts";

const day = 86_400_000;
const rootsOf = ({ registry }: TestRegistry) => registry.withRoots(async (roots) => new Set(roots));
const folders = ({ home }: TestRegistry) => readdir(join(home, "images", "repositories"));

async function putText({ send }: TestRegistry, reference: string, text: string, type = manifestType): Promise<Digest> {
  const put = await send("PUT", `/v2/shop/manifests/${reference}`, { headers: { "content-type": type }, body: text });
  expect(put.status).toBe(201);
  return digestOf(text);
}

it("spares what has a tag with all it consists of, and what was pushed within a day", async () => {
  const registry = await startTestRegistry();
  const tagged = await registry.image("shop", "1", "tagged");
  const untagged = await registry.image("shop", null, "untagged");
  const loose = await registry.blob("shop", "loose");
  const config = digestOf("{}");
  const all = [config, tagged.digest, digestOf("tagged"), untagged.digest, digestOf("untagged"), loose];
  expect(await rootsOf(registry)).toEqual(new Set(all));
  registry.clock.time += day + 1;
  expect(await rootsOf(registry)).toEqual(new Set(all.slice(0, 3)));
  expect((await registry.send("GET", `/v2/shop/manifests/${untagged.digest}`)).status).toBe(404);
  expect((await registry.send("GET", `/v2/shop/blobs/${loose}`)).status).toBe(404);
  expect((await registry.send("GET", "/v2/shop/manifests/1")).status).toBe(200);
});

it("spares for a day what has lost its tag, or was pulled", async () => {
  const registry = await startTestRegistry();
  const { clock, send, image } = registry;
  const first = await image("shop", "1", "first");
  const pulled = await image("shop", null, "pulled");
  clock.time += day - 1_000;
  await image("shop", "1", "second");
  await send("GET", `/v2/shop/manifests/${pulled.digest}`);
  clock.time += day - 1_000;
  expect((await rootsOf(registry)).isSupersetOf(new Set([first.digest, pulled.digest, digestOf("first")]))).toBe(true);
  clock.time += 2_000;
  const roots = await rootsOf(registry);
  expect(roots.has(first.digest)).toBe(false);
  expect(roots.has(pulled.digest)).toBe(false);
  expect(roots.has(digestOf("second"))).toBe(true);
});

it("spares the parts of an index, and what refers to what stays", async () => {
  const registry = await startTestRegistry();
  const { image, clock } = registry;
  const child = await image("shop", null, "child");
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ mediaType: manifestType, digest: child.digest, size: child.text.length }],
  });
  const top = await putText(registry, "all", index, indexType);
  const subject = { mediaType: indexType, digest: top, size: index.length };
  const signature = await image("shop", null, "signature", { subject });
  const ofSignature = { mediaType: manifestType, digest: signature.digest, size: signature.text.length };
  const second = await image("shop", null, "second", { subject: ofSignature });
  const orphan = await image("shop", null, "orphan", { subject: { ...subject, digest: digestOf("gone") } });
  clock.time += 2 * day;
  const kept = [top, child.digest, signature.digest, second.digest];
  const layers = ["child", "signature", "second", "{}"].map(digestOf);
  expect(await rootsOf(registry)).toEqual(new Set([...kept, ...layers]));
  await registry.send("DELETE", "/v2/shop/manifests/all");
  clock.time += 2 * day;
  expect(await rootsOf(registry)).toEqual(new Set());
  expect((await registry.send("GET", `/v2/shop/manifests/${orphan.digest}`)).status).toBe(404);
  expect(await readdir(join(registry.home, "images", "repositories", "shop.1"))).toEqual([]);
});

it("keeps what refers to the image of a release as long as the release is there", async () => {
  const registry = await startTestRegistry();
  const { images, clock, releaseImages } = registry;
  const text = makeManifest(await images.blobs.put("{}"), await images.blobs.put("app"), 3);
  releaseImages.push(await images.blobs.put(text));
  const subject = { mediaType: manifestType, digest: digestOf(text), size: text.length };
  const { digest } = await registry.image("shop", null, "signature", { subject });
  clock.time += 2 * day;
  expect((await rootsOf(registry)).has(digest)).toBe(true);
  releaseImages.pop();
  expect(await rootsOf(registry)).toEqual(new Set());
});

it("keeps an image of a release that was given a tag when the release goes", async () => {
  const registry = await startTestRegistry();
  const { images, clock, releaseImages } = registry;
  const text = makeManifest(await images.blobs.put("{}"), await images.blobs.put("app"), 3);
  const digest = await images.blobs.put(text);
  releaseImages.push(digest);
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [{ mediaType: manifestType, digest, size: text.length }],
  });
  await putText(registry, "kept", text);
  const top = await putText(registry, "all", index, indexType);
  releaseImages.pop();
  clock.time += 2 * day;
  const expected = new Set([digest, digestOf("{}"), digestOf("app")]);
  await registry.send("DELETE", "/v2/shop/manifests/kept");
  clock.time += 2 * day;
  expect(await rootsOf(registry)).toEqual(expected.union(new Set([top])));
  expect((await registry.send("GET", `/v2/shop/blobs/${digestOf("app")}`)).body.toString()).toBe("app");
});

it("loses nothing to a collection that comes between the blobs of a push and its manifest", async () => {
  const registry = await startTestRegistry();
  const { images, blob } = registry;
  const collect = () => registry.registry.withRoots((roots) => images.collect({ images: [], layers: roots }, -1_000));
  const config = await blob("shop", "{}");
  await images.blobs.put("nobody's");
  await collect();
  const layer = await blob("shop", "layer");
  await collect();
  await putText(registry, "1", makeManifest(config, layer, 5));
  registry.clock.time += 2 * day;
  await collect();
  expect((await registry.send("GET", "/v2/shop/manifests/1")).status).toBe(200);
  expect((await registry.send("GET", `/v2/shop/blobs/${layer}`)).body.toString()).toBe("layer");
  expect(await images.blobs.sizeBytes(digestOf("nobody's"))).toBeNull();
});

it("lets a push wait while images are collected", async () => {
  const registry = await startTestRegistry();
  const order: string[] = [];
  const collected = Promise.withResolvers<void>();
  const collecting = registry.registry.withRoots(async () => {
    await collected.promise;
    order.push("collected");
  });
  const pushing = registry.blob("shop", "layer").then(() => order.push("pushed"));
  expect((await registry.send("GET", "/v2/shop/tags/list")).status).toBe(200);
  collected.resolve();
  await Promise.all([collecting, pushing]);
  expect(order).toEqual(["collected", "pushed"]);
});

it("removes what an app that is gone has left, and shows nothing of it to one of the same name", async () => {
  const registry = await startTestRegistry();
  const { apps, image, send } = registry;
  const { digest } = await image("shop/tools", "1", "layer");
  await image("notes", "1", "other");
  apps.delete("shop");
  expect((await send("GET", "/v2/shop/tools/manifests/1")).status).toBe(404);
  apps.set("shop", { name: "shop", createdAt: 2 });
  for (const reference of ["1", digest])
    expect((await send("GET", `/v2/shop/tools/manifests/${reference}`)).status).toBe(404);
  expect((await send("GET", `/v2/shop/tools/blobs/${digestOf("layer")}`)).status).toBe(404);
  expect((await rootsOf(registry)).has(digest)).toBe(false);
  expect(await folders(registry)).toEqual(["notes.1"]);
});

it("takes many pushes of one repository at once", async () => {
  const registry = await startTestRegistry();
  const tags = Array.from({ length: 20 }, (_, index) => `t${index + 10}`);
  await Promise.all(tags.map((tag) => registry.image("shop/tools", tag, `layer of ${tag}`)));
  expect((await registry.send("GET", "/v2/shop/tools/tags/list")).json()).toEqual({ name: "shop/tools", tags });
});

it("runs shared work side by side, and exclusive work alone", async () => {
  const lock = makeSharedLock();
  const order: string[] = [];
  const gates = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() };
  const step = (name: string, gate?: Promise<void>) => async () => {
    order.push(`${name} begins`);
    await gate;
    order.push(`${name} ends`);
  };
  const all = [
    lock.shared(step("a", gates.a.promise)),
    lock.shared(step("b", gates.b.promise)),
    lock.exclusive(step("x")),
    lock.shared(step("c")),
    lock.exclusive(() => Promise.reject(new Error("no"))).catch(() => undefined),
    lock.shared(step("d")),
  ];
  gates.b.resolve();
  await all[1];
  gates.a.resolve();
  await Promise.all(all);
  expect(order).toEqual([
    "a begins",
    "b begins",
    "b ends",
    "a ends",
    "x begins",
    "x ends",
    "c begins",
    "c ends",
    "d begins",
    "d ends",
  ]);
});
