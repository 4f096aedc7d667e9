import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Breathe } from "../layer/compressor.ts";

/** Removes a folder with all that is in it, read-only folders too: they are made writable first. Nothing happens where there is none. */
export async function removeTree(folder: string, breathe: Breathe): Promise<void> {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) return unlinkSync(folder);
  chmodSync(folder, 0o755);
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    await breathe();
    const path = join(folder, item.name);
    if (item.isDirectory()) await removeTree(path, breathe);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}
