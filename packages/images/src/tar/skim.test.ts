import { execFile } from "node:child_process";
import { mkdir, open, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeHome } from "../testing/images.ts";
import { makeTarSkimmer } from "./skim.ts";

const execute = promisify(execFile);

/** What a skimmer finds in an archive that comes in chunks of this size. */
function skim(archive: Buffer, chunkBytes: number, wanted: string) {
  const paths: string[] = [];
  const content: Buffer[] = [];
  const skimmer = makeTarSkimmer(({ path, type }) => {
    paths.push(path);
    return path === wanted && type === "file" ? (piece) => void content.push(Buffer.from(piece)) : null;
  });
  for (let at = 0; at < archive.length; at += chunkBytes) skimmer.push(archive.subarray(at, at + chunkBytes));
  skimmer.end();
  return { paths, content: Buffer.concat(content).toString() };
}

/** An archive of awkward files, as a real tar writes it. */
async function archive(format: string, ...options: string[]): Promise<Buffer> {
  const folder = await makeHome();
  const root = join(folder, "root");
  await mkdir(join(root, "deep/".repeat(30)), { recursive: true });
  await writeFile(join(root, `${"deep/".repeat(30)}${"n".repeat(120)}`), "long");
  await symlink("t".repeat(150), join(root, "link"));
  await execute("ln", [join(root, "deep", "..", "link"), join(root, "hard")]);
  await writeFile(join(root, "z-last"), "the content");
  const sparse = await open(join(root, "sparse"), "w");
  for (let part = 0; part < 40; part++) await sparse.write("data", part * 1024 * 1024);
  await sparse.close();
  const file = join(folder, "out.tar");
  await execute("tar", ["--sort=name", `--format=${format}`, ...options, "-C", root, "-cf", file, "."]);
  return readFile(file);
}

describe.each([
  ["pax", []],
  ["gnu", []],
  ["gnu", ["--sparse"]],
  ["pax", ["--sparse"]],
] as const)("an archive in the format of %s %j", (format, options) => {
  it("is read by its headers, however it is cut", async () => {
    const bytes = await archive(format, ...options);
    for (const chunkBytes of [bytes.length, 64 * 1024, 511, 7]) {
      // The smallest pieces only of an archive that is small itself.
      if (chunkBytes < 512 && bytes.length > 8 * 1024 * 1024) continue;
      const { paths, content } = skim(bytes, chunkBytes, "z-last");
      expect(content).toBe("the content");
      expect(paths).toContain(`${"deep/".repeat(30)}${"n".repeat(120)}`);
      expect(paths.filter((path) => path === "link" || path === "hard")).toHaveLength(2);
    }
  });
});

it("says of what is no archive that it is none, and of a part of one that it breaks off", async () => {
  expect(() => makeTarSkimmer(() => null).push(Buffer.alloc(512, "x"))).toThrow("header");
  const bytes = await archive("pax");
  const part = makeTarSkimmer(() => null);
  part.push(bytes.subarray(0, 300));
  expect(() => part.end()).toThrow("breaks off");
});
