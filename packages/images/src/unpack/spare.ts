import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Digest } from "@berth/core";
import type { LayerEntry } from "../layer/entry.ts";
import { codeOf } from "../worker/problem.ts";
import { openArchives } from "./copy.ts";
import type { CopyOptions } from "./copy.ts";
import type { MergedEntry } from "./merge.ts";

/**
 * A spare is a further copy of the image that a service was last unpacked from, made ahead of time. The next image differs from it in
 * a few files, so the spare becomes its copy by changing those: what a deploy waits for grows with the change, not with the app.
 */
export interface SpareNote {
  layers: Digest[];
  /** The start of the machine that it was made after. */
  boot: string;
}

const noteFile = "spare.json";

/** Gives a finished copy the place of a service's spare. */
export function keepSpare(draft: string, spare: string, note: SpareNote): void {
  writeFileSync(join(draft, noteFile), JSON.stringify(note));
  renameSync(draft, spare);
}

/** Takes a spare away to `draft`, for it can be used once; null where there is none. */
export function takeSpare(spare: string, draft: string): SpareNote | null {
  if (!existsSync(spare)) return null;
  renameSync(spare, draft);
  try {
    const note: SpareNote = JSON.parse(readFileSync(join(draft, noteFile), "utf8"));
    unlinkSync(join(draft, noteFile));
    return note;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || error instanceof SyntaxError) return { layers: [], boot: "" };
    throw error;
  }
}

/** Makes a read-only copy of one image into that of another by changing what differs. */
export async function changeCopy(
  before: readonly MergedEntry[],
  after: readonly MergedEntry[],
  options: Pick<CopyOptions, "root" | "archive" | "pool" | "breathe">,
): Promise<void> {
  const { root, pool } = options;
  const old = new Map(before.map(({ entry }) => [entry.path, entry]));
  const added: MergedEntry[] = [];
  for (const merged of after) {
    const known = old.get(merged.entry.path);
    if (known !== undefined && isSame(known, merged.entry)) old.delete(merged.entry.path);
    else added.push(merged);
  }
  // What is left of the old has to go: the innermost first.
  const removed = [...old.values()].reverse();
  const opened = openFolders([...removed, ...added.map(({ entry }) => entry)], root);
  const archives = openArchives(options.archive);
  try {
    for (const entry of removed) {
      await options.breathe();
      if (entry.type === "folder") rmdirSync(`${root}/${entry.path}`);
      else unlinkSync(`${root}/${entry.path}`);
    }
    for (const { entry, layer } of added) {
      await options.breathe();
      const target = `${root}/${entry.path}`;
      if (entry.type === "folder") {
        mkdirSync(target, { mode: 0o755 });
        opened.add(target);
      } else if (entry.type === "link") symlinkSync(entry.target, target);
      else if (!pool.link(entry, target)) pool.add(entry, await archives.fd(layer), target);
    }
    for (const folder of opened) if (isFolder(folder)) chmodSync(folder, 0o555);
  } finally {
    archives.close();
  }
}

function isSame(a: LayerEntry, b: LayerEntry): boolean {
  return a.type === b.type && a.sha256 === b.sha256 && a.executable === b.executable && a.target === b.target;
}

/** Makes the folders around these entries writable, as far as they are there. */
function openFolders(entries: readonly LayerEntry[], root: string): Set<string> {
  const opened = new Set<string>();
  for (const { path } of entries) {
    const folder = dirname(`${root}/${path}`);
    if (folder === root || opened.has(folder) || !isFolder(folder)) continue;
    chmodSync(folder, 0o755);
    opened.add(folder);
  }
  return opened;
}

/** A path may have been a folder before, or become one later: the mode of a file must never be changed, for others share it. */
function isFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    // What is a file now may become a folder with others in it.
    if (codeOf(error) === "ENOTDIR") return false;
    throw error;
  }
}
