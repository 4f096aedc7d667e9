import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { VerificationCheck } from "@berth/core";
import { isWritable } from "../../layer/entry.ts";
import type { LayerEntry } from "../../layer/entry.ts";
import { mergeLayers } from "../../unpack/merge.ts";
import { failed, ok, unchecked } from "./outcome.ts";

/** An image's unpacked copy on this machine, and what it has to hold. */
export interface CopyToCheck {
  /** What is `/` in the image. */
  root: string;
  /** Plain archives of the layers that further copies, and the next layers, would be made from: each with the digest it has to have. Those that are not there are made anew. */
  archives: readonly { path: string; diffId: string; name: string }[];
  /** What lies above the base, from the lowest; null where that is not known. */
  layers: readonly (readonly LayerEntry[])[] | null;
  /** Folders that instances may change: nothing in them is looked at. */
  writable: readonly string[];
}

/** Whether a copy holds what the layers say and nothing else, read byte for byte, and whether further ones would. */
export async function checkCopy({ root, archives, layers, writable }: CopyToCheck): Promise<VerificationCheck> {
  for (const { path, diffId, name } of archives) {
    if ((await statOrNull(path)) === null || `sha256:${await hashFile(path)}` === diffId) continue;
    return failed("copy", `the plain archive of ${name}, which copies are made from, has been changed`);
  }
  if ((await statOrNull(root)) === null) return unchecked("copy", "this machine has none");
  if (layers === null) return unchecked("copy", "it is not known what has to be in it");
  const expected = new Map(mergeLayers(layers).map(({ entry }) => [entry.path, entry]));
  const mayHave = (path: string) =>
    expected.has(path) || isWritable(path, writable) || writable.some((folder) => folder.startsWith(`${path}/`));
  for (const entry of expected.values()) {
    const wrong = isWritable(entry.path, writable) ? null : await problemOfEntry(root, entry);
    if (wrong !== null) return failed("copy", `${entry.path} ${wrong}`);
  }
  const added = await findAdded(root, "", mayHave, (path) => isWritable(path, writable));
  if (added !== null) return failed("copy", `${added} is not in the image`);
  return ok("copy", `${[...expected.values()].filter(({ type }) => type !== "folder").length} files`);
}

async function problemOfEntry(root: string, entry: LayerEntry): Promise<string | null> {
  const path = join(root, entry.path);
  const stat = await statOrNull(path);
  if (stat === null) return "is missing";
  if (entry.type === "folder") return stat.isDirectory() ? null : "is not a folder";
  if (entry.type === "link") {
    return stat.isSymbolicLink() && (await readlink(path)) === entry.target
      ? null
      : `does not point to ${entry.target}`;
  }
  if (!stat.isFile()) return "is not a file";
  if (((stat.mode & 0o111) !== 0) !== entry.executable) return "has another mode";
  if (stat.size !== entry.sizeBytes || (await hashFile(path)) !== entry.sha256) return "has other content";
  return null;
}

/** The first path of a folder that nobody expects; null where there is none. */
async function findAdded(
  root: string,
  folder: string,
  mayHave: (path: string) => boolean,
  isOpaque: (path: string) => boolean,
): Promise<string | null> {
  for (const item of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? item.name : `${folder}/${item.name}`;
    if (!mayHave(path)) return path;
    const inner = item.isDirectory() && !isOpaque(path) ? await findAdded(root, path, mayHave, isOpaque) : null;
    if (inner !== null) return inner;
  }
  return null;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

async function statOrNull(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
