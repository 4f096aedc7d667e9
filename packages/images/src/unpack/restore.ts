import { lstatSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LayerEntry } from "../layer/entry.ts";
import { contentMtime } from "../tar/mtime.ts";
import { writeCopy } from "./copy.ts";
import type { CopyOptions } from "./copy.ts";
import type { MergedEntry } from "./merge.ts";

/**
 * Makes a private copy again what it was when it was written: what is not of the layer goes, what was changed or is gone is written anew.
 * Whether something was touched is told by the time of its last change (ctime), which no program can set: `sinceNs` is one from after
 * the copy was written and before anyone could touch it.
 */
export async function restoreCopy(
  entries: readonly MergedEntry[],
  sinceNs: bigint,
  options: Omit<CopyOptions, "writable">,
): Promise<void> {
  const { root, breathe } = options;
  const wanted = new Map(entries.map((merged) => [merged.entry.path, merged.entry]));
  const intact = new Set<string>();
  const look = async (path: string): Promise<void> => {
    for (const name of readdirSync(join(root, path))) {
      await breathe();
      const below = path === "" ? name : `${path}/${name}`;
      const entry = wanted.get(below);
      if (entry === undefined || !isIntact(entry, join(root, below), sinceNs)) {
        rmSync(join(root, below), { recursive: true, force: true });
        continue;
      }
      intact.add(below);
      if (entry.type === "folder") await look(below);
    }
  };
  await look("");
  const missing = entries.filter(({ entry }) => !intact.has(entry.path));
  await writeCopy(missing, { ...options, writable: "all" });
}

function isIntact(entry: LayerEntry, path: string, sinceNs: bigint): boolean {
  const stat = lstatSync(path, { bigint: true });
  // A folder changes with what is in it, and that is looked at by itself.
  if (entry.type === "folder") return stat.isDirectory() && (stat.mode & 0o777n) === 0o755n;
  if (stat.ctimeNs > sinceNs) return false;
  if (entry.type === "link") return stat.isSymbolicLink() && readlinkSync(path) === entry.target;
  const mtimeNs = BigInt(contentMtime(entry.sha256)) * 1_000_000_000n;
  return stat.isFile() && stat.size === BigInt(entry.sizeBytes) && stat.mtimeNs === mtimeNs;
}
