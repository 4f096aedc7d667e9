import { randomBytes } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "@berth/core";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import type { Images } from "../images.ts";
import { putBase } from "../testing/base.ts";
import { makeHome, openTestImages, plainSpec } from "../testing/images.ts";
import { diskUse } from "./disk-use.ts";

const signal = new AbortController().signal;

async function packLayer(images: Images, content: string) {
  const source = makeTestTree({ "server.js": content });
  const spec = { source, entries: await source.list(), prefix: "app", previous: null, signal };
  return (await images.treeLayer(spec)).layer;
}

async function bytesOnDisk(home: string): Promise<number> {
  const blobs = join(home, "images/blobs/sha256");
  const sizes = await Promise.all((await readdir(blobs)).map(async (name) => (await stat(join(blobs, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("usage", () => {
  it("shows that ten apps on one base store it once", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    // Nothing that could be compressed away.
    const on = await putBase(
      images,
      { "bin/sh": randomBytes(500_000).toString("hex") },
      { "bin/node": randomBytes(1_000_000).toString("hex") },
    );
    const baseBytes = on.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
    expect(baseBytes).toBeGreaterThan(1_400_000);
    const apps = new Map<string, Digest[]>();
    for (let i = 0; i < 10; i++) {
      const layers = [await packLayer(images, `app ${i}`)];
      const { digest } = await images.assemble({
        ...plainSpec,
        on,
        base: { image: on.image, digest: on.digest },
        layers,
      });
      apps.set(`app-${i}`, [digest]);
    }
    const { images: stored, blobsBytes } = await images.usage();
    expect(blobsBytes).toBe(await bytesOnDisk(home));
    expect(blobsBytes).toBeLessThan(baseBytes + 10 * 10_000);
    const use = diskUse(apps, stored);
    expect(use.basesBytes).toBe(baseBytes);
    for (const app of use.apps) expect(app.sizeBytes).toBeLessThan(10_000);
    expect(use.totalBytes).toBe(use.apps.reduce((sum, app) => sum + app.sizeBytes, baseBytes));
    for (const image of stored) {
      expect(image.base).toBe(on.image);
      expect(image.sizeBytes).toBeGreaterThan(baseBytes);
      expect(image.ownBytes).toBe(image.sizeBytes - baseBytes);
    }
  });

  it("counts with an image what refers to it, and beside it what can be made again", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const { digest } = await images.assemble({ ...plainSpec, layers: [await packLayer(images, "x".repeat(100_000))] });
    const before = (await images.usage()).images[0]!;
    const statement = await images.blobs.put("a statement");
    const text = canonicalJson({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { digest: await images.blobs.put("{}"), size: 2 },
      layers: [{ digest: statement, size: 11 }],
    });
    await images.referrers.add(digest, await images.blobs.put(text));
    const usage = await images.usage();
    expect(usage.images).toHaveLength(1);
    expect(usage.images[0]!.sizeBytes).toBe(before.sizeBytes + text.length + 13);
    expect(usage.images[0]!.ownBytes).toBe(usage.images[0]!.sizeBytes);
    expect(usage.unpackedBytes).toBe(100_000);
    expect(usage.cacheBytes).toBeGreaterThan(100_000);
    expect(usage.blobsBytes).toBe(await bytesOnDisk(home));
  });
});
