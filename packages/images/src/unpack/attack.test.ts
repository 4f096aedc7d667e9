import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Images } from "../images.ts";
import { encodeHeader, paddingBytes } from "../tar/header.ts";
import type { TarHeader } from "../tar/header.ts";
import { digestOf } from "../layout/blobs.ts";
import { makeHome, openTestImages, plainSpec } from "../testing/images.ts";

type Item = Partial<TarHeader> & { name: string; content?: string };

/** An archive as no builder of ours would make it. */
function makeArchive(items: readonly Item[]): Buffer {
  const parts = items.flatMap(({ content = "", ...item }) => {
    const header = { type: "file" as const, mode: 0o644, owner: 0, mtime: 1e9, target: "", ...item };
    const bytes = Buffer.from(content);
    return [encodeHeader({ ...header, sizeBytes: bytes.length }), bytes, Buffer.alloc(paddingBytes(bytes.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** Makes an image of archives as if it were one of ours, and unpacks it. */
async function unpack(images: Images, ...layers: readonly Item[][]) {
  const put = async (items: readonly Item[]) => {
    const archive = makeArchive(items);
    const blob = gzipSync(archive);
    const digest = await images.blobs.put(blob);
    const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
    return { mediaType, digest, diffId: digestOf(archive), sizeBytes: blob.length, files: 0 };
  };
  const made = await Promise.all(layers.map(put));
  return images.assemble({ ...plainSpec, layers: made });
}

const folder = (name: string): Item => ({ name: `${name}/`, type: "folder", mode: 0o755 });
const link = (name: string, target: string): Item => ({ name, type: "link", target });
const hardlink = (name: string, target: string): Item => ({ name, type: "hardlink", target });

describe("unpacking an image that means harm", () => {
  it("never writes through a link", async () => {
    const home = await makeHome();
    const images = await openTestImages(home);
    const outside = await makeHome();
    const attacks: Item[][][] = [
      [[link("app", outside), { name: "app/owned", content: "x" }]],
      [[folder("app"), link("app/d", outside), { name: "app/d/owned", content: "x" }]],
      [[folder("app"), link("app/d", outside), folder("app/d/sub")]],
      [
        [folder("app"), folder("app/d")],
        [link("app/d", outside), { name: "app/d/owned", content: "x" }],
      ],
      [[folder("app"), { name: "app/d/owned", content: "x" }, link("app/d", outside)]],
      [
        [folder("app"), folder("app/d"), { name: "app/d/owned", content: "x" }],
        [link("app/d", outside), folder("app/d/x")],
      ],
      [[link("berth", `${outside}/`), folder("berth/sub")]],
    ];
    for (const layers of attacks) {
      await expect(unpack(images, ...layers)).rejects.toMatchObject({ code: "image.corrupt" });
    }
    expect(await readdir(outside)).toEqual([]);
    expect((await readdir(join(home, "unpacked"))).filter((name) => !name.startsWith(".spare"))).toEqual([]);
  });

  it("never leaves the root by a path", async () => {
    const images = await openTestImages(await makeHome());
    for (const name of ["../owned", "/etc/owned", "app/../../owned", "app//owned", "./app"]) {
      await expect(unpack(images, [folder("app"), { name, content: "x" }])).rejects.toMatchObject({
        code: "source.unsupported",
      });
    }
  });

  it("gives no name to files that are not of the image", async () => {
    const images = await openTestImages(await makeHome());
    const outside = await makeHome();
    await writeFile(join(outside, "secret"), "secret");
    const attacks: Item[][] = [
      [folder("app"), hardlink("app/a", join(outside, "secret"))],
      [folder("app"), hardlink("app/a", "../../../etc/passwd")],
      [folder("app"), link("app/l", join(outside, "secret")), hardlink("app/a", "app/l")],
      [folder("app"), hardlink("app/a", "app/b"), { name: "app/b", content: "comes later" }],
      [folder("app"), hardlink("app/a", "app/a")],
    ];
    for (const layer of attacks) await expect(unpack(images, layer)).rejects.toMatchObject({ code: "image.corrupt" });
  });

  it("makes no device", async () => {
    const images = await openTestImages(await makeHome());
    const archive = makeArchive([folder("app"), { name: "app/null" }]);
    // The second entry becomes a character device.
    archive.write("3", 512 + 156, "latin1");
    let sum = 8 * 0x20;
    for (let at = 0; at < 512; at++) if (at < 148 || at >= 156) sum += archive[512 + at]!;
    archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, 512 + 148, "latin1");
    const digest = await images.blobs.put(gzipSync(archive));
    await expect(images.extract(digest, "app", await makeHome())).rejects.toMatchObject({ code: "image.unfit" });
  });

  it("takes a folder that replaces a link as a folder, and removes nothing behind it", async () => {
    const images = await openTestImages(await makeHome());
    const outside = await makeHome();
    await writeFile(join(outside, "kept"), "kept");
    const before = [folder("app"), link("app/d", outside)];
    const { digest } = await unpack(images, before, [
      { name: "app/.wh.d" },
      folder("app/d"),
      { name: "app/d/own", content: "own" },
    ]);
    const { workdir } = await images.unpack(digest);
    expect(await readFile(join(workdir, "d/own"), "utf8")).toBe("own");
    expect(await readdir(outside)).toEqual(["kept"]);
  });

  it("goes into no folder behind a link where it adds to one that is there", async () => {
    const images = await openTestImages(await makeHome());
    const outside = await makeHome();
    const target = await makeHome();
    await mkdir(join(target, "kept"));
    await symlink(outside, join(target, "lib"));
    const archive = makeArchive([
      folder("app"),
      folder("app/kept"),
      folder("app/lib"),
      { name: "app/lib/a", content: "x" },
    ]);
    const digest = await images.blobs.put(gzipSync(archive));
    await expect(images.extract(digest, "app", target)).rejects.toMatchObject({ code: "image.corrupt" });
    expect(await readdir(outside)).toEqual([]);
  });
});
