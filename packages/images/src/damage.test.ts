import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import { putBase } from "./testing/base.ts";
import { makeHome, openTestImages, plainSpec } from "./testing/images.ts";

async function make() {
  const home = await makeHome();
  const images = await openTestImages(home);
  const base = await putBase(images, { "etc/os": "x".repeat(200_000) });
  const source = makeTestTree({ "a.js": "a" });
  const spec = { source, entries: await source.list(), prefix: "app", previous: null };
  const { layer } = await images.treeLayer({ ...spec, signal: new AbortController().signal });
  const assemble = () => images.assemble({ ...plainSpec, on: base, layers: [layer] });
  const { digest } = await assemble();
  const pathOf = (blob: Digest) => join(home, "images/blobs/sha256", blob.slice(7));
  const flip = async (blob: Digest) => {
    const bytes = await readFile(pathOf(blob));
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(pathOf(blob), bytes);
  };
  return { home, images, base, digest, assemble, pathOf, flip, baseLayer: base.layers[0]!.digest };
}

describe("a blob that is not what its digest says", () => {
  it("is never read to its end, and is set aside: its image counts as not there", async () => {
    const { home, images, digest, pathOf, flip, baseLayer } = await make();
    expect(await images.has(digest)).toBe(true);
    expect(Buffer.concat(await images.blobs.read(baseLayer).toArray())).toEqual(await readFile(pathOf(baseLayer)));
    await flip(baseLayer);
    const { length: size } = await readFile(pathOf(baseLayer));
    let got = 0;
    const read = async () => {
      for await (const chunk of images.blobs.read(baseLayer)) got += (chunk as Buffer).length;
    };
    await expect(read()).rejects.toMatchObject({ code: "image.corrupt" });
    expect(got).toBeLessThan(size);
    expect(existsSync(pathOf(baseLayer))).toBe(false);
    expect(await readdir(join(home, "images/partial"))).toEqual([`damaged-${baseLayer.slice(7)}`]);
    expect(await images.has(digest)).toBe(false);
  });

  it("is found where an image is looked for, if it is the manifest or the configuration, and made anew", async () => {
    const { images, digest, assemble, flip } = await make();
    const { configDigest } = await images.describe(digest);
    for (const blob of [digest, configDigest]) {
      await flip(blob);
      expect(await images.has(digest)).toBe(false);
      expect(await assemble()).toMatchObject({ digest });
      expect(await images.has(digest)).toBe(true);
    }
  });

  it("fails on the first read where it is not there", async () => {
    const { images } = await make();
    await expect(images.blobs.read(`sha256:${"0".repeat(64)}`).toArray()).rejects.toThrow("ENOENT");
  });
});
