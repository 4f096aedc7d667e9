import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";

// As in loose-ref.ts: what git would have to be started for is read here. Source: git's Documentation/gitrepository-layout, pack-refs.

/** Whether refs are kept in files and in `packed-refs`, rather than in git's newer format, which only git reads. */
export async function keepsFiles(repository: string): Promise<boolean> {
  return await access(join(repository, "reftable")).then(
    () => false,
    () => true,
  );
}

/** The refs that are packed, by name. One that has a file of its own, too, is at what that says: read files first, for refs go from there to here. */
export async function readPackedRefs(repository: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(repository, "packed-refs"), "utf8").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  });
  return new Map([...text.matchAll(/^([\da-f]{40,64}) (.+)$/gm)].map(([, oid = "", ref = ""]) => [ref, oid]));
}

/** The names of all refs below a folder such as `refs/heads/`, without that. */
export async function listRefs(repository: string, below: string): Promise<string[]> {
  const folder = join(repository, below);
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
  const loose = files
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length));
  const packed = [...(await readPackedRefs(repository)).keys()].filter((ref) => ref.startsWith(below));
  return [...new Set([...loose, ...packed.map((ref) => ref.slice(below.length))])].toSorted();
}
