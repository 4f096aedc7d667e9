import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { TestFiles } from "@berth/core/testing";
import { describe, expect, it } from "vitest";
import type { Images } from "./images.ts";
import { ChunkCutter } from "./layer/chunks.ts";
import type { Layer } from "./layer/entry.ts";
import { decodeRecord, scanArchive } from "./layer/record.ts";
import type { LayerRecord } from "./layer/record.ts";
import { makeFindMember } from "./layer/reuse.ts";
import { makeHome, openTestImages, plainSpec } from "./testing/images.ts";

const execute = promisify(execFile);
const signal = new AbortController().signal;

async function pack(images: Images, files: TestFiles, previous: Digest | null = null): Promise<Layer> {
  const source = makeTestTree(files);
  const { layer } = await images.treeLayer({ source, entries: await source.list(), prefix: "app", previous, signal });
  await images.settle(layer.digest);
  return layer;
}

const readAll = (folder: string, files: TestFiles) =>
  Promise.all(Object.keys(files).map((path) => readFile(join(folder, path), "utf8")));

/** So many files that a layer has a good dozen of chunks. */
const files: Record<string, string> = Object.fromEntries(
  Array.from({ length: 700 }, (_, i) => [
    `src/part-${i % 20}/file-${i}.js`,
    `export const n${i} = ${i};\n`.repeat(100),
  ]),
);
const changed = { ...files, "src/part-3/file-303.js": "changed", "src/new.js": "new" };

const blobOf = (home: string, digest: Digest) => join(home, "images", "blobs", "sha256", digest.slice(7));
const archiveOf = (home: string, digest: Digest) => join(home, "cache", "archives", digest.slice(7));
const recordOf = (home: string, digest: Digest) => join(home, "cache", "layers", `${digest.slice(7)}.json`);
async function readRecordOf(home: string, digest: Digest): Promise<LayerRecord> {
  await expect
    .poll(() => readdir(join(home, "cache", "layers")), { timeout: 20_000 })
    .toContain(`${digest.slice(7)}.json`);
  return decodeRecord(await readFile(recordOf(home, digest), "utf8"), digest);
}

const sha256 = (bytes: Uint8Array): Digest => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("a layer", () => {
  it("is a gzip file of its digest, of an archive of its diffId", async () => {
    const home = await makeHome();
    const layer = await pack(await openTestImages(home), files);
    const blob = await readFile(blobOf(home, layer.digest));
    expect(layer.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+gzip");
    expect(layer.sizeBytes).toBe(blob.length);
    expect(sha256(blob)).toBe(layer.digest);
    expect(sha256(gunzipSync(blob))).toBe(layer.diffId);
    const { stdout } = await execute("tar", ["-tzf", blobOf(home, layer.digest)]);
    expect(stdout.split("\n")).toContain("app/src/part-3/file-303.js");
  });

  it("is the same on top of another layer as from nothing, in another home and process", async () => {
    const images = await openTestImages(await makeHome());
    const others: TestFiles[] = [files, { ...files, "a.bin": randomBytes(3 << 20) }, { "src/part-3/file-3.js": "1" }];
    const fresh = await pack(await openTestImages(await makeHome()), changed);
    for (const other of others) {
      const previous = await pack(images, other);
      expect(await pack(images, changed, previous.digest)).toEqual(fresh);
    }
  });

  it("takes from the layer before what was compressed already", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const before = await pack(images, files);
    const after = await pack(images, changed, before.digest);
    const [old, made] = await Promise.all([before, after].map((layer) => readRecordOf(home, layer.digest)));
    const find = makeFindMember(old!.entries, old!.members);
    const cutter = new ChunkCutter();
    const chunks = [...cutter.take(made!.entries), ...cutter.end(made!.archiveBytes)];
    const found = chunks.map((chunk) => find(chunk, made!.entries));
    expect(found.filter((member) => member === null).length).toBeLessThan(5);
    expect(found.length).toBeGreaterThan(12);
    const blob = await readFile(blobOf(home, before.digest));
    for (const [index, placed] of found.entries()) {
      if (placed === null) continue;
      const bytes = blob.subarray(placed.blobOffset, placed.blobOffset + placed.member.sizeBytes);
      expect(gunzipSync(bytes)).toHaveLength(chunks[index]!.lengthBytes);
      expect(made!.members[index]).toEqual(placed.member);
    }
  });

  it("is compressed with zstd where that is asked for, and layers of the other kind can be built upon", async () => {
    const home = await makeHome();
    const before = await pack(await openTestImages(home), files);
    const images = await openTestImages(home, { compression: "zstd" });
    const layer = await pack(images, changed, before.digest);
    expect(layer.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+zstd");
    const { stdout } = await execute("zstd", ["-dc", blobOf(home, layer.digest)], {
      encoding: "buffer",
      maxBuffer: 1e9,
    });
    expect(sha256(stdout)).toBe(layer.diffId);
    expect(await pack(await openTestImages(await makeHome(), { compression: "zstd" }), changed)).toEqual(layer);
    await rm(archiveOf(home, layer.digest));
    const { digest } = await images.assemble({ ...plainSpec, layers: [layer] });
    const { workdir } = await images.unpack(digest);
    expect(await readAll(workdir, changed)).toEqual(Object.values(changed));
  });
});

describe("the archive of a layer", () => {
  it("is made again from the blob where it is missing, shortened or changed", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const layer = await pack(images, files);
    const archive = archiveOf(home, layer.digest);
    const whole = await readFile(archive);
    expect(sha256(whole)).toBe(layer.diffId);
    const damages = [
      () => rm(archive),
      () => writeFile(archive, whole.subarray(0, -512)),
      () => writeFile(archive, Buffer.alloc(whole.length)),
    ];
    for (const damage of damages) {
      await damage();
      const folder = await makeHome();
      await images.extract(layer.digest, "app", folder);
      expect(await readAll(folder, files)).toEqual(Object.values(files));
      expect((await readFile(archive)).equals(whole)).toBe(true);
    }
  });

  it("is not trusted after a start of the machine", async () => {
    const home = await makeHome();
    const layer = await pack(await openTestImages(home), files);
    expect(await readdir(join(home, "cache", "archives"))).toEqual([layer.digest.slice(7)]);
    const images = await openTestImages(home, { bootId: "boot-2" });
    expect(await readdir(join(home, "cache", "archives"))).toEqual([]);
    const fresh = await pack(await openTestImages(await makeHome()), changed);
    expect(await pack(images, changed, layer.digest)).toEqual(fresh);
  });

  it("is not needed to unpack what other copies have already", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const layer = await pack(images, files);
    await images.assemble({ ...plainSpec, layers: [layer] });
    await rm(archiveOf(home, layer.digest));
    const { digest } = await images.assemble({ ...plainSpec, env: { OTHER: "1" }, layers: [layer] });
    expect(await readAll((await images.unpack(digest)).workdir, files)).toEqual(Object.values(files));
    expect(await readdir(join(home, "cache", "archives"))).toEqual([]);
  });
});

describe("a damaged blob", () => {
  it("is noticed where it is read, and never copied into the next layer", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const layer = await pack(images, files);
    const blob = await readFile(blobOf(home, layer.digest));
    const damaged = Buffer.from(blob);
    damaged.fill(0, blob.length >> 1, (blob.length >> 1) + 64);
    await writeFile(blobOf(home, layer.digest), damaged);
    // The archive is whole: what cannot be copied is compressed again.
    const fresh = await pack(await openTestImages(await makeHome()), changed);
    expect(await pack(images, changed, layer.digest)).toEqual(fresh);
    await rm(archiveOf(home, layer.digest));
    await expect(images.extract(layer.digest, "app", await makeHome())).rejects.toMatchObject({
      code: "image.corrupt",
      path: layer.digest,
    });
    expect(await readdir(join(home, "images", "drafts"))).toEqual([]);
    // With neither, the next layer is made from the source alone.
    expect(await pack(images, { ...changed, more: "1" }, layer.digest)).toEqual(
      await pack(await openTestImages(await makeHome()), { ...changed, more: "1" }),
    );
  });
});

describe("a layer of the time when none was compressed", () => {
  /** Puts the plain archive of these files into a home as such a layer, with its record as it was then. */
  async function putPlain(home: string, withRecord: boolean): Promise<Layer> {
    const other = await makeHome();
    const layer = await pack(await openTestImages(other), files);
    const archive = await readFile(archiveOf(other, layer.digest));
    await (await openTestImages(home)).blobs.put(archive);
    const { entries } = scanArchive(archiveOf(other, layer.digest));
    const rows = entries.map(({ path, type, executable, sizeBytes, ...e }) => {
      return [path, type, executable, sizeBytes, e.sha256, e.target, e.oid, e.offset, e.lengthBytes];
    });
    if (withRecord) await writeFile(recordOf(home, layer.diffId), JSON.stringify(rows));
    const mediaType = "application/vnd.oci.image.layer.v1.tar";
    return { ...layer, mediaType, digest: layer.diffId, sizeBytes: archive.length };
  }

  it.each([true, false])("can be unpacked, built upon and collected (its record is there: %s)", async (withRecord) => {
    const home = await makeHome();
    const plain = await putPlain(home, withRecord);
    const images = await openTestImages(home);
    const { digest } = await images.assemble({ ...plainSpec, layers: [plain] });
    expect(await readAll((await images.unpack(digest)).workdir, files)).toEqual(Object.values(files));
    const fresh = await pack(await openTestImages(await makeHome()), changed);
    expect(await pack(images, changed, plain.digest)).toEqual(fresh);
    const again = await pack(images, files, plain.digest);
    expect(again.mediaType).toContain("gzip");
    expect(again.diffId).toBe(plain.diffId);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await images.remove([digest], []);
    await expect(stat(blobOf(home, plain.digest))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("the record of a layer", () => {
  it("is made again from the layer where it is lost, and nothing else changes", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const layer = await pack(images, files);
    expect((await readRecordOf(home, layer.digest)).members.length).toBeGreaterThan(10);
    await images.close();
    await rm(recordOf(home, layer.digest));
    const reopened = await openTestImages(home);
    const fresh = await pack(await openTestImages(await makeHome()), changed);
    expect(await pack(reopened, changed, layer.digest)).toEqual(fresh);
  });
});
