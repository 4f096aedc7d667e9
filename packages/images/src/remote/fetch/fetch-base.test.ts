import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, zstdCompressSync } from "node:zlib";
import type { Digest } from "@berth/core";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { reserveBytes } from "../../layout/disk-space.ts";
import { addImage, addIndex, addManifest, makeLayer, noise } from "../testing/image.ts";
import { failureOf, openTestRemote, platform, signal } from "../testing/remote.ts";
import { serveRegistry } from "../testing/registry.ts";

const glibc = {
  "usr/lib/x86_64-linux-gnu/libc.so.6": `\0GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n`,
};
const hex = (digest: Digest) => digest.slice("sha256:".length);

async function setUp() {
  const registry = await serveRegistry();
  const test = await openTestRemote();
  const image = `${registry.host}/team/base:1`;
  const fetch = (digest: Digest, options = {}) =>
    test.remote.fetchBase({ image, digest }, platform, { signal, ...options });
  const stored = () => readdir(join(test.home, "images", "blobs", "sha256"));
  return { ...test, registry, image, fetch, stored };
}

describe("a base", () => {
  it("is fetched whole, and described", async () => {
    const { registry, image, fetch, stored } = await setUp();
    const layers = [makeLayer(glibc), makeLayer({ "usr/bin/node": noise(200_000) })];
    const made = addImage(registry, { layers, env: ["PATH=/usr/bin", "LANG=C"] });
    const news: object[] = [];
    const base = await fetch(made.digest, { onProgress: (progress: object) => news.push(progress) });
    expect(base).toEqual({
      image,
      digest: made.digest,
      manifest: made.digest,
      platform: { os: "linux", architecture: "amd64", libc: "glibc" },
      glibc: "2.36",
      layers: layers.map(({ blob, diffId }) => ({
        mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
        digest: digestOf(blob),
        diffId,
        sizeBytes: blob.length,
        files: 0,
      })),
      env: ["PATH=/usr/bin", "LANG=C"],
    });
    expect((await stored()).sort()).toEqual([made.digest, made.config, ...made.layers].map(hex).sort());
    expect(news.at(-1)).toEqual({ doneBytes: made.sizeBytes, totalBytes: made.sizeBytes, doneLayers: 2, layers: 2 });
  });

  it("is refused before anything of it is fetched where the disk has no room for it", async () => {
    const registry = await serveRegistry();
    const disk = { free: reserveBytes + 100_000 };
    const { remote, home } = await openTestRemote({ freeBytes: async () => disk.free });
    const made = addImage(registry, { layers: [makeLayer({ a: noise(200_000) }), makeLayer({ b: noise(50_000) })] });
    const base = { image: `${registry.host}/team/base:1`, digest: made.digest };
    const fetch = () => remote.fetchBase(base, platform, { signal });
    await expect(fetch()).rejects.toMatchObject({
      code: "disk.full",
      message: expect.stringMatching(/team\/base:1 takes 1 MiB\. The disk that holds BERTH_HOME has 128 MiB free/),
    });
    expect(registry.askedFor("GET", "blobs")).toEqual([]);
    expect(await readdir(join(home, "images", "blobs", "sha256"))).toEqual([]);
    disk.free = reserveBytes + 2 * made.sizeBytes;
    expect((await fetch()).digest).toBe(made.digest);
  });

  it("is not fetched again, neither by this process nor by the next one", async () => {
    const { registry, fetch, home, image } = await setUp();
    const { digest } = addImage(registry);
    const base = await fetch(digest);
    registry.asked.length = 0;
    expect(await fetch(digest)).toEqual(base);
    const next = await openTestRemote({ home });
    expect(await next.remote.fetchBase({ image, digest }, platform, { signal })).toEqual(base);
    const other = `${registry.host}/team/base:other`;
    expect((await next.remote.fetchBase({ image: other, digest }, platform, { signal })).image).toBe(other);
    expect(registry.asked).toEqual([]);
  });

  it("is fetched again as far as it was collected meanwhile", async () => {
    const { registry, fetch, home } = await setUp();
    const layers = [makeLayer({ a: "1" }), makeLayer({ b: "2" })];
    const made = addImage(registry, { layers });
    const base = await fetch(made.digest);
    registry.asked.length = 0;
    await rm(join(home, "images", "blobs", "sha256", hex(made.layers[1] ?? made.digest)));
    expect(await fetch(made.digest)).toEqual(base);
    expect(registry.asked.map(({ path }) => path)).toEqual([`/v2/team/base/blobs/${made.layers[1]}`]);
  });

  it("is looked at anew where what is known of it was changed, or parts of it were damaged", async () => {
    const { registry, fetch, home, blobs } = await setUp();
    const made = addImage(registry, { layers: [makeLayer({ a: "1" })] });
    const base = await fetch(made.digest);
    const folder = join(home, "cache/bases");
    const file = join(folder, (await readdir(folder)).find((name) => name.endsWith(".json")) ?? "");
    const wrong = (await readFile(file, "utf8")).replace(/"sizeBytes":(\d+)/, '"sizeBytes":1$1');
    await writeFile(file, wrong);
    expect(await fetch(made.digest)).toEqual(base);
    expect(await readFile(file, "utf8")).not.toBe(wrong);
    await rm(file);
    const parts = [made.digest, made.config];
    for (const digest of parts) await writeFile(join(home, "images/blobs/sha256", digest.slice(7)), "{}");
    expect(await fetch(made.digest)).toEqual(base);
    for (const digest of parts) expect(await blobs.readWhole(digest)).toEqual(expect.any(Buffer));
  });

  it("shares its blobs with others, and is fetched once for all who want it at the same time", async () => {
    const { registry, fetch } = await setUp();
    const shared = makeLayer({ shared: noise(300_000) });
    const first = addImage(registry, { layers: [shared, makeLayer({ a: "1" })] });
    const second = addImage(registry, { layers: [shared, makeLayer({ b: "2" })] });
    await Promise.all([fetch(first.digest), fetch(first.digest), fetch(second.digest)]);
    for (const digest of [first.digest, second.digest, ...first.layers, ...second.layers])
      expect(registry.askedFor("GET", digest)).toHaveLength(1);
  });

  it("goes on for the others when one of them leaves", async () => {
    const { registry, fetch } = await setUp();
    const made = addImage(registry, { layers: [makeLayer({ a: noise(300_000) })] });
    const leaving = new AbortController();
    const reason = new Error("not wanted any more");
    let stays: Promise<unknown> | null = null;
    registry.intercept = (request) => {
      if (request.url?.includes("/blobs/") && stays === null) {
        // Both wait for the same now.
        stays = fetch(made.digest);
        leaving.abort(reason);
      }
      return false;
    };
    expect(await failureOf(fetch(made.digest, { signal: leaving.signal }))).toBe(reason);
    expect(await stays).toMatchObject({ digest: made.digest });
  });

  it("is chosen from an index, also through another one", async () => {
    const { registry, fetch, remote, image } = await setUp();
    const amd = addImage(registry, { layers: [makeLayer({ a: "amd" })] });
    const arm = addImage(registry, { platform: { os: "linux", architecture: "arm", variant: "v7" } });
    const inner = addIndex(registry, [
      { digest: arm.digest, platform: { os: "linux", architecture: "arm", variant: "v7" } },
      { digest: amd.digest, platform: { os: "linux", architecture: "amd64" } },
      { digest: arm.digest, platform: { os: "unknown", architecture: "unknown" } },
    ]);
    const outer = addIndex(registry, [{ digest: inner, platform: { os: "linux", architecture: "amd64" } }]);
    expect(await fetch(inner)).toMatchObject({ digest: inner, manifest: amd.digest });
    expect(await fetch(outer)).toMatchObject({ digest: outer, manifest: amd.digest });
    const armed = { os: "linux", architecture: "arm", libc: null };
    const base = await remote.fetchBase({ image, digest: inner }, armed, { signal });
    expect(base).toMatchObject({ manifest: arm.digest, platform: { architecture: "arm" } });
  });

  it("is chosen by its configuration where the index does not say where it runs", async () => {
    const { registry, fetch } = await setUp();
    const arm = addImage(registry, { platform: { os: "linux", architecture: "arm64" } });
    const amd = addImage(registry, { layers: [makeLayer({ a: "amd" })] });
    const index = addIndex(registry, [{ digest: arm.digest }, { digest: amd.digest }]);
    expect(await fetch(index)).toMatchObject({ digest: index, manifest: amd.digest });
  });

  it("may be in the terms of Docker, and packed by zstd or not at all", async () => {
    const { registry, fetch } = await setUp();
    const { blob, diffId } = makeLayer({ "lib/ld-musl-x86_64.so.1": "musl" });
    const plain = gunzipSync(blob);
    const docker = "application/vnd.docker.image.rootfs.diff.tar";
    const frames = Buffer.concat([zstdCompressSync(plain.subarray(0, 700)), zstdCompressSync(plain.subarray(700))]);
    const layers = [
      { blob: plain, diffId, mediaType: docker },
      { blob: frames, diffId, mediaType: "application/vnd.oci.image.layer.v1.tar+zstd" },
      { blob, diffId, mediaType: `${docker}.gzip` },
    ];
    const made = addImage(registry, { layers, configMediaType: "application/vnd.docker.container.image.v1+json" });
    const manifest: object = JSON.parse(String(registry.manifests.get(made.digest)?.bytes));
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    const digest = addManifest(registry, { ...manifest, mediaType: type }, type);
    const base = await fetch(digest);
    expect(base.platform.libc).toBe("musl");
    expect(base.glibc).toBeNull();
    expect(base.layers.map(({ mediaType }) => mediaType)).toEqual(layers.map(({ mediaType }) => mediaType));
  });
});

describe("what cannot be a base", () => {
  const foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

  it.each([
    ["a manifest of the first format", { schemaVersion: 1, fsLayers: [] }, /first format of Docker's manifests/],
    ["an image that is an index too", { schemaVersion: 2, manifests: [], layers: [] }, /an image and an index at once/],
    [
      "an index of an unknown kind",
      { schemaVersion: 2, mediaType: "text/plain", manifests: [] },
      /of the kind "text\/plain"/,
    ],
    ["a manifest without parts", { schemaVersion: 2, layers: [{ digest: "sha256:abc" }] }, /does not name its parts/],
    ["no manifest", [], /is no manifest/],
  ])("%s is refused", async (_what, manifest, why) => {
    const { registry, fetch, stored } = await setUp();
    const error = await failureOf(fetch(addManifest(registry, manifest, "application/json")));
    expect(error).toMatchObject({ code: "base.unfit", message: expect.stringMatching(why) });
    expect(await stored()).toEqual([]);
  });

  it("a layer that only its vendor may hand out is refused before anything is fetched", async () => {
    const { registry, fetch, stored } = await setUp();
    const made = addImage(registry, { layers: [{ ...makeLayer({ a: "1" }), mediaType: foreign }] });
    expect(await failureOf(fetch(made.digest))).toMatchObject({
      code: "base.unfit",
      message: expect.stringContaining("only its vendor hands out"),
    });
    expect(await stored()).toEqual([]);
  });

  it("a chart is refused", async () => {
    const { registry, fetch } = await setUp();
    const made = addImage(registry, { configMediaType: "application/vnd.cncf.helm.config.v1+json" });
    expect(await failureOf(fetch(made.digest))).toMatchObject({
      code: "base.unfit",
      message: expect.stringContaining("helm"),
    });
  });

  it("an image of other platforms is refused with those it is made for", async () => {
    const { registry, fetch, stored } = await setUp();
    const arm = addImage(registry, { platform: { os: "linux", architecture: "arm64" } });
    const index = addIndex(registry, [
      { digest: arm.digest, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { digest: arm.digest, platform: { os: "windows", architecture: "amd64" } },
      { digest: arm.digest, platform: { os: "unknown", architecture: "unknown" } },
    ]);
    for (const [digest, platforms] of [
      [index, "linux/arm64/v8, windows/amd64"],
      [arm.digest, "linux/arm64"],
    ] as const) {
      expect(await failureOf(fetch(digest))).toMatchObject({
        code: "base.unfit",
        message: expect.stringContaining("is not made for linux/amd64"),
        details: [`It is made for ${platforms}.`],
      });
    }
    expect(await stored()).not.toContain(hex(arm.digest));
  });

  it("a layer that is no archive, or not the one of the configuration, is refused", async () => {
    const { registry, fetch, stored } = await setUp();
    const { blob, diffId } = makeLayer({ a: "1" });
    const junk = noise(1000);
    for (const layer of [
      { blob: junk, diffId: digestOf(junk) },
      { blob, diffId: digestOf("other") },
      { blob: blob.subarray(0, 40), diffId },
    ]) {
      const made = addImage(registry, { layers: [layer] });
      expect(await failureOf(fetch(made.digest))).toMatchObject({
        code: "image.corrupt",
        message: expect.stringContaining("is damaged in its registry"),
      });
      expect(await stored()).not.toContain(hex(made.digest));
    }
  });

  it("an index that leads to another one again and again is refused", async () => {
    const { registry, fetch } = await setUp();
    let { digest } = addImage(registry);
    for (let depth = 0; depth < 4; depth++)
      digest = addIndex(registry, [{ digest, platform: { os: "linux", architecture: "amd64" } }]);
    expect(await failureOf(fetch(digest))).toMatchObject({
      code: "base.unfit",
      message: expect.stringContaining("again and again"),
    });
  });

  it("a configuration that does not describe the layers is refused", async () => {
    const { registry, fetch } = await setUp();
    const made = addImage(registry, { layers: [makeLayer({ a: "1" })] });
    const manifest = JSON.parse(String(registry.manifests.get(made.digest)?.bytes));
    const more = { ...manifest, layers: [...manifest.layers, ...manifest.layers] };
    expect(await failureOf(fetch(addManifest(registry, more, manifest.mediaType)))).toMatchObject({
      code: "base.unfit",
    });
  });
});
