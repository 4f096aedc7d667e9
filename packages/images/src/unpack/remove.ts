import { chmodSync, lstatSync, readdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Breathe } from "../layer/compressor.ts";

/** Removes a folder with all that is in it, read-only folders too: they are made writable first. Nothing happens where there is none. */
export async function removeTree(folder: string, breathe: Breathe): Promise<void> {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) return unlinkSync(folder);
  chmodSync(folder, 0o755);
  let hasUnsayable = false;
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    await breathe();
    const path = join(folder, item.name);
    // A name that is not in UTF-8 cannot be said as text: such items go with their folder.
    if (item.name.includes("\ufffd")) hasUnsayable = true;
    else if (item.isDirectory()) await removeTree(path, breathe);
    else unlinkSync(path);
  }
  if (hasUnsayable) rmSync(folder, { recursive: true });
  else rmdirSync(folder);
}
