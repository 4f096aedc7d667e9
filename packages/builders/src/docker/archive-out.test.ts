import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import type { Header } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { extractArchive } from "./archive-out.ts";

type Entry = Partial<Header> & { name: string; content?: string };

const never = new AbortController().signal;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-archive-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function makeArchive(entries: readonly Entry[]): Readable {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? "");
  archive.finalize();
  return Readable.from(archive);
}

const extract = (entries: readonly Entry[], exclude: string[] = []) =>
  extractArchive(makeArchive(entries), { folder, at: "", exclude }, never);

describe("the archive of a container's folder", () => {
  it("becomes files with their content, time and right to be run, whatever their number and size", async () => {
    const mtime = new Date("2026-01-02T03:04:05Z");
    const many = Array.from({ length: 200 }, (_, index) => ({ name: `app/lib/${index}.js`, content: `${index}` }));
    const large = "x".repeat(700_000);
    await extract([...many, { name: "app/large", content: large, mode: 0o755, mtime }, { name: "app/last" }]);
    for (const index of [0, 99, 199]) expect(await readFile(join(folder, `lib/${index}.js`), "utf8")).toBe(`${index}`);
    expect(await readFile(join(folder, "large"), "utf8")).toBe(large);
    const { mode, mtimeMs } = await stat(join(folder, "large"));
    expect([mode & 0o111, mtimeMs]).toEqual([0o111, mtime.getTime()]);
    expect((await stat(join(folder, "lib/0.js"))).mode & 0o111).toBe(0);
    expect((await stat(join(folder, "last"))).size).toBe(0);
  });

  it("keeps names of one file together", async () => {
    await extract([
      { name: "app/a", content: "same" },
      { name: "app/b", type: "link", linkname: "app/a" },
    ]);
    expect((await stat(join(folder, "b"))).ino).toBe((await stat(join(folder, "a"))).ino);
  });

  it("takes no file of this machine through a link", async () => {
    const taken = extract([
      { name: "app/out", type: "symlink", linkname: "/etc" },
      { name: "app/b", type: "link", linkname: "app/out/passwd" },
    ]);
    await expect(taken).rejects.toThrow("leads out of the build's folder");
  });

  it("writes through no link that it has made", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "berth-elsewhere-"));
    try {
      await extract([
        { name: "app/out", type: "symlink", linkname: elsewhere },
        { name: "app/out/file", content: "inside" },
      ]);
      expect(await readFile(join(folder, "out/file"), "utf8")).toBe("inside");
      await expect(stat(join(elsewhere, "file"))).rejects.toThrow("ENOENT");
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("says that a file could not be written, though others were on their way", async () => {
    const name = "n".repeat(300);
    const entries = ["app/a", `app/${name}`, "app/c"].map((path) => ({ name: path, content: "x" }));
    await expect(extract(entries)).rejects.toThrow("ENAMETOOLONG");
  });
});
