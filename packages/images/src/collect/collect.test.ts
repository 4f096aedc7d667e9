import { readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import type { Images } from "../images.ts";
import { putBase } from "../testing/base.ts";
import { makeHome, openTestImages, plainSpec } from "../testing/images.ts";

const signal = new AbortController().signal;
const hourMs = 3_600_000;

async function packLayer(images: Images, files: TestFiles) {
  const source = makeTestTree(files);
  const spec = { source, entries: await source.list(), prefix: "app", previous: null, signal };
  return (await images.treeLayer(spec)).layer;
}

async function pack(images: Images, files: TestFiles) {
  const layer = await packLayer(images, files);
  return { layer, ...(await images.assemble({ ...plainSpec, layers: [layer] })) };
}

/** Images whose clock a test moves. */
async function openWithClock(home: string) {
  let now = Date.now();
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  return { images: await openTestImages(home, { clock }), later: (ms: number) => void (now += ms), clock };
}

/** A manifest that says something of an image, in a layer of its own. */
async function refer(images: Images, subject: Digest, text: string) {
  const statement = await images.blobs.put(text);
  const empty = await images.blobs.put("{}");
  const manifest = await images.blobs.put(
    canonicalJson({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.empty.v1+json", digest: empty, size: 2 },
      layers: [{ mediaType: "text/plain", digest: statement, size: text.length }],
      subject: { digest: subject },
    }),
  );
  await images.referrers.add(subject, manifest);
  return { manifest, statement };
}

const isThere = async (images: Images, digest: Digest) => (await images.blobs.sizeBytes(digest)) !== null;

describe("collecting", () => {
  it("keeps the base of an image that stays, and what refers to it; both go with the last image", async () => {
    const { images, later } = await openWithClock(await makeHome());
    const on = await putBase(images, { "bin/sh": "sh" }, { "bin/node": "node" });
    const made: Digest[] = [];
    for (const content of ["1", "2"]) {
      const layers = [await packLayer(images, { "server.js": content })];
      const base = { image: on.image, digest: on.digest };
      made.push((await images.assemble({ ...plainSpec, on, base, layers })).digest);
    }
    const [kept, gone] = [made[0]!, made[1]!];
    const notes = [await refer(images, kept, "of the first"), await refer(images, gone, "of the second")];
    // Something about what refers to an image is kept with it.
    const signature = await refer(images, notes[0]!.manifest, "a signature");
    later(24 * hourMs);
    await images.collect({ images: [kept], layers: [] }, hourMs);
    const staying = [on.manifest, ...on.layers.map((layer) => layer.digest)];
    for (const digest of [...staying, notes[0]!.manifest, notes[0]!.statement, signature.statement]) {
      expect(await isThere(images, digest)).toBe(true);
    }
    for (const digest of [gone, notes[1]!.manifest, notes[1]!.statement])
      expect(await isThere(images, digest)).toBe(false);
    expect(await images.referrers.list(gone)).toEqual([]);
    expect(await images.referrers.list(kept)).toEqual([notes[0]!.manifest]);
    await images.collect({ images: [], layers: [] }, hourMs);
    for (const digest of [...staying, notes[0]!.manifest, signature.statement]) {
      expect(await isThere(images, digest)).toBe(false);
    }
    expect(await images.referrers.list(kept)).toEqual([]);
  });

  it("keeps manifests and indexes that are named, with all that they name", async () => {
    const { images, later } = await openWithClock(await makeHome());
    const one = await pack(images, { a: "1" });
    const two = await pack(images, { a: "2" });
    const pushed = await pack(images, { a: "3" });
    const index = await images.assembleIndex([one.digest, two.digest]);
    later(24 * hourMs);
    // As the tags of a registry are: neither a layer nor an image of a release.
    expect((await images.collect({ images: [], layers: [index.digest] }, 0)).images).toEqual([pushed.digest]);
    for (const { digest } of [one, two]) await images.unpack(digest);
    later(24 * hourMs);
    expect((await images.remove([index.digest, two.digest], [one.digest])).images.toSorted()).toEqual(
      [index.digest, two.digest].toSorted(),
    );
    await images.unpack(one.digest);
  });

  it("spares for an hour what a push has brought before its manifest, though images are removed at once", async () => {
    const { images, later } = await openWithClock(await makeHome());
    const pushed = await images.blobs.put("a layer on its way");
    const { digest, layer } = await pack(images, { a: "1" });
    later(1);
    await images.remove([digest], []);
    expect(await isThere(images, layer.digest)).toBe(false);
    expect(await isThere(images, pushed)).toBe(true);
    later(2 * hourMs);
    await images.remove([], []);
    expect(await isThere(images, pushed)).toBe(false);
  });

  it("gives up blobs on their way of which nothing came for a day", async () => {
    const home = await makeHome();
    const { images, later, clock } = await openWithClock(home);
    for (const name of ["old", "young"]) {
      const draft = await images.blobs.draft(name);
      await draft.append(Buffer.from(name));
      await draft.close();
    }
    later(25 * hourMs);
    await utimes(join(home, "images", "partial", "young"), clock.now() / 1000, clock.now() / 1000 - 3600);
    await images.collect({ images: [], layers: [] }, 0);
    expect(await images.blobs.drafts()).toEqual(["young"]);
  });

  it("does not fail for a manifest that is damaged, nor remove what others name", async () => {
    const home = await makeHome();
    const { images, later } = await openWithClock(home);
    const shared = await packLayer(images, { shared: "s" });
    const kept = await images.assemble({ ...plainSpec, layers: [shared] });
    const damaged = await images.assemble({ ...plainSpec, env: { A: "1" }, layers: [shared] });
    await writeFile(join(home, "images", "blobs", "sha256", damaged.digest.slice(7)), '{"layers":7');
    later(24 * hourMs);
    await images.collect({ images: [kept.digest, damaged.digest], layers: [] }, 0);
    expect(await isThere(images, damaged.digest)).toBe(true);
    await images.unpack(kept.digest);
  });

  it("removes the archives of layers that are gone, and keeps those of others", async () => {
    const home = await makeHome();
    const { images, later } = await openWithClock(home);
    const kept = await pack(images, { a: "1" });
    await pack(images, { a: "2" });
    later(24 * hourMs);
    await images.collect({ images: [kept.digest], layers: [] }, 0);
    expect(await readdir(join(home, "cache", "archives"))).toEqual([kept.layer.digest.slice(7)]);
    expect(await images.findLayer(kept.layer.diffId)).toMatchObject({ digest: kept.layer.digest });
    expect(await readdir(join(home, "cache", "diff-ids"))).toHaveLength(1);
  });
});

describe("collecting while images are made", () => {
  it("loses nothing of builds that run, nor of what they reuse", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const putShared = () => putBase(images, { "bin/sh": "sh" });
    const packShared = () => packLayer(images, { "node_modules/lib.js": "lib" });
    const on = await putShared();
    const old = await packShared();
    await images.settle(old.digest);
    const blobs = join(home, "images/blobs/sha256");
    for (const name of await readdir(blobs)) await utimes(join(blobs, name), 1, 1);
    const base = { image: on.image, digest: on.digest };
    const build = async (service: number) => {
      for (let round = 0; round < 8; round++) {
        const done = images.begin();
        const reused = (await images.hasLayer(old.digest)) ? old : await packShared();
        for (const layer of on.layers) if (!(await images.hasLayer(layer.digest))) await putShared();
        const app = await packLayer(images, { "server.js": `${service} ${round}` });
        const { digest } = await images.assemble({ ...plainSpec, on, base, layers: [reused, app] }, `shop/${service}`);
        const { layers } = await images.describe(digest);
        for (const layer of layers) expect(await isThere(images, layer.digest)).toBe(true);
        const { workdir } = await images.unpack(digest);
        expect(await readdir(workdir)).toEqual(["node_modules", "server.js"]);
        done();
      }
    };
    const state = { building: true };
    const collect = async () => {
      let removed = 0;
      while (state.building) removed += (await images.collect({ images: [], layers: [] }, 0)).images.length;
      return removed;
    };
    const collecting = collect();
    await Promise.all([build(1), build(2)]);
    state.building = false;
    expect(await collecting).toBeGreaterThan(0);
  });

  it("sees a use between looking and removing", async () => {
    const home = await makeHome();
    const { images, later, clock } = await openWithClock(home);
    const digests = await Promise.all(Array.from({ length: 200 }, (_, i) => images.blobs.put(`blob ${i}`)));
    later(24 * hourMs);
    const used: Digest[] = [];
    const [, ...found] = await Promise.all([
      images.collect({ images: [], layers: [] }, hourMs),
      ...digests.map(async (digest) => {
        if (await images.blobs.touch(digest)) used.push(digest);
      }),
    ]);
    expect(found).toHaveLength(200);
    // Whoever was told that it is there finds it.
    for (const digest of used)
      expect((await stat(join(home, "images/blobs/sha256", digest.slice(7)))).mtimeMs).toBeCloseTo(clock.now(), -2);
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
  });
});
