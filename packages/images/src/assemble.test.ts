import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import type { Base } from "./base.ts";
import type { Images } from "./images.ts";
import type { Layer } from "./layer/entry.ts";
import { digestOf } from "./layout/blobs.ts";
import { makeTar, putBase } from "./testing/base.ts";
import { makeHome, openTestImages, plainSpec } from "./testing/images.ts";

const signal = new AbortController().signal;

async function pack(images: Images, files: TestFiles): Promise<Layer> {
  const source = makeTestTree(files);
  const spec = { source, entries: await source.list(), prefix: "app", previous: null, signal };
  return (await images.treeLayer(spec)).layer;
}

const listed = async (home: string): Promise<{ digest: Digest; mediaType: string }[]> =>
  JSON.parse(await readFile(join(home, "images", "index.json"), "utf8")).manifests;

const readJson = async (images: Images, digest: Digest) =>
  JSON.parse((await images.blobs.readWhole(digest)).toString());

const specOn = (on: Base, layers: readonly Layer[]) => ({
  ...plainSpec,
  on,
  base: { image: on.image, digest: on.digest },
  layers,
  env: { NODE_ENV: "production", LANG: "C" },
  programs: ["node_modules/.bin", "."],
  writable: ["data"],
});

describe("an image on a base", () => {
  it("has the base's layers below its own, runs as nobody, and names the base", async () => {
    const images = await openTestImages(await makeHome());
    const on = await putBase(images, { "bin/sh": "sh" }, { "usr/local/bin/node": "node" });
    const layer = await pack(images, { "server.js": "1" });
    const { digest, sizeBytes } = await images.assemble(specOn(on, [layer]));
    const manifest = await readJson(images, digest);
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      annotations: {
        "dev.berth.base.layers": "2",
        "org.opencontainers.image.base.name": on.image,
        "org.opencontainers.image.base.digest": on.digest,
      },
    });
    const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    expect(manifest.layers).toEqual(
      [...on.layers, layer].map((part) => ({ mediaType: gzip, digest: part.digest, size: part.sizeBytes })),
    );
    const config = await readJson(images, manifest.config.digest);
    expect(config).toEqual({
      architecture: "amd64",
      os: "linux",
      config: {
        User: "1000:1000",
        WorkingDir: "/app",
        Cmd: ["node", "server.js"],
        Env: [
          "LANG=C",
          "NODE_ENV=production",
          "NODE_VERSION=24.0.0",
          "PATH=/app/node_modules/.bin:/app:/usr/local/bin:/usr/bin:/bin",
        ],
        Labels: {
          "dev.berth.libc": "glibc",
          "dev.berth.programs": '["node_modules/.bin","."]',
          "dev.berth.writable": '["data"]',
        },
      },
      rootfs: { type: "layers", diff_ids: [...on.layers, layer].map((part) => part.diffId) },
    });
    const parts = [manifest.config, ...manifest.layers].reduce(
      (sum: number, part: { size: number }) => sum + part.size,
      0,
    );
    expect(sizeBytes).toBe(parts + (await images.blobs.readWhole(digest)).length);
    expect(await images.describe(digest)).toMatchObject({ digest, layers: [{}, {}, { diffId: layer.diffId }] });
  });

  it("is the same in another home, whatever was built there before", async () => {
    const earlier: TestFiles[] = [{ "server.js": "1" }, { "server.js": "2", "other.js": "x" }];
    const digests = await Promise.all(
      earlier.map(async (before) => {
        const images = await openTestImages(await makeHome());
        const on = await putBase(images, { "bin/sh": "sh" });
        await images.assemble(specOn(on, [await pack(images, before)]));
        return (await images.assemble(specOn(on, [await pack(images, { "server.js": "3" })]))).digest;
      }),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  it("is unpacked without the base, which the machine stands for, and without its PATH", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const on = await putBase(images, { "bin/sh": "sh", "app/from-base": "x" });
    const env = { APP_FILES: "/app/files", TOOL: "/berth/tool", ELSEWHERE: "/apple" };
    const { digest } = await images.assemble({ ...specOn(on, [await pack(images, { "server.js": "1" })]), env });
    const copy = await images.unpack(digest);
    expect(copy.programs).toEqual([join(copy.workdir, "node_modules/.bin"), copy.workdir]);
    expect(copy.env).toEqual({
      APP_FILES: join(copy.root, "app/files"),
      TOOL: join(copy.root, "berth/tool"),
      ELSEWHERE: "/apple",
      NODE_VERSION: "24.0.0",
      LANG: "C.UTF-8",
    });
    expect((await readdir(copy.root, { recursive: true })).toSorted()).toEqual(["app", "app/data", "app/server.js"]);
  });

  it("is not made where a layer of the base is missing", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const on = await putBase(await openTestImages(await makeHome()), { "bin/sh": "sh" });
    const layer = await pack(images, { "server.js": "1" });
    await expect(images.assemble(specOn(on, [layer]))).rejects.toMatchObject({
      code: "image.not-found",
      path: on.layers[0]!.digest,
    });
    expect(await listed(home)).toEqual([]);
  });
});

describe("an image index", () => {
  it("names one image for each platform, and is listed", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const layers = [await pack(images, { "server.js": "1" })];
    const arm = { ...plainSpec, platform: { ...plainSpec.platform, architecture: "arm64" } };
    const made = [await images.assemble({ ...plainSpec, layers }), await images.assemble({ ...arm, layers })];
    const { digest } = await images.assembleIndex(made.map((image) => image.digest));
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const sizes = await Promise.all(made.map((image) => images.blobs.sizeBytes(image.digest)));
    expect(await readJson(images, digest)).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [
        { mediaType, digest: made[0]!.digest, size: sizes[0], platform: { os: "linux", architecture: "amd64" } },
        { mediaType, digest: made[1]!.digest, size: sizes[1], platform: { os: "linux", architecture: "arm64" } },
      ],
    });
    expect((await listed(home)).map((image) => image.digest)).toEqual([...made.map((image) => image.digest), digest]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await images.remove(
      made.map((image) => image.digest),
      [],
    );
    expect(await images.has(made[1]!.digest)).toBe(true);
    await expect(images.assembleIndex([`sha256:${"0".repeat(64)}`])).rejects.toMatchObject({ code: "image.not-found" });
  });
});

describe("an image that an engine has made", () => {
  const configOf = (...diffIds: Digest[]) => ({
    architecture: "amd64",
    os: "linux",
    created: "2026-01-01T00:00:00Z",
    config: { Env: ["PATH=/bin"], Entrypoint: ["/entrypoint.sh"], Labels: { "dev.berth.writable": "[]" } },
    rootfs: { type: "layers", diff_ids: diffIds },
  });

  async function* inPieces(bytes: Buffer, sizeBytes: number) {
    for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
  }

  it("keeps its configuration and its archives as they are", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const archive = await makeTar({ "etc/large": "content ".repeat(600_000), "bin/sh": "sh" });
    const layer = await images.archiveLayer(inPieces(archive, 65_536));
    expect(layer).toMatchObject({
      diffId: digestOf(archive),
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    });
    expect(await images.archiveLayer(inPieces(archive, 999_983))).toEqual(layer);
    expect(await images.findLayer(layer.diffId)).toEqual(layer);
    expect(gunzipSync(await images.blobs.readWhole(layer.digest)).equals(archive)).toBe(true);
    const config = configOf(layer.diffId);
    const { digest } = await images.assembleForeign({
      config,
      layers: [layer],
      annotations: { "dev.berth.stack": "dockerfile" },
    });
    const manifest = await readJson(images, digest);
    expect(manifest.annotations).toEqual({ "dev.berth.foreign": "true", "dev.berth.stack": "dockerfile" });
    expect(await readJson(images, manifest.config.digest)).toEqual(config);
    expect((await listed(home)).map((image) => image.digest)).toEqual([digest]);
    await expect(images.unpack(digest)).rejects.toMatchObject({ code: "image.unfit", path: digest });
  });

  it("needs no second copy of layers that a base has brought", async () => {
    const images = await openTestImages(await makeHome());
    const on = await putBase(images, { "bin/sh": "sh" });
    expect(await images.findLayer(on.layers[0]!.diffId)).toBeNull();
    await images.assemble(specOn(on, [await pack(images, { "server.js": "1" })]));
    expect(await images.findLayer(on.layers[0]!.diffId)).toMatchObject({ digest: on.layers[0]!.digest });
  });

  it("is refused where its layers are not those that it names", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const layer = await images.archiveLayer(inPieces(await makeTar({ a: "1" }), 1000));
    const config = configOf(layer.diffId, layer.diffId);
    await expect(images.assembleForeign({ config, layers: [layer], annotations: {} })).rejects.toMatchObject({
      code: "image.corrupt",
    });
    expect(await listed(home)).toEqual([]);
  });

  it("leaves nothing behind where its archive breaks off", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    async function* breakingOff() {
      yield Buffer.alloc(5 << 20);
      throw new Error("the engine went away");
    }
    await expect(images.archiveLayer(breakingOff())).rejects.toThrow("went away");
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
    expect(await readdir(join(home, "images", "blobs", "sha256"))).toEqual([]);
  });
});
