import { posix } from "node:path";
import type { TreeView } from "@berth/core";
import { readGoMod, readGoWork, type GoMod, type GoWork } from "./go-mod.ts";

export interface GoModule {
  /** Its folder; `.` is the root. */
  folder: string;
  /** Null for files without a go.mod. */
  mod: GoMod | null;
}

export interface GoSource {
  work: GoWork | null;
  /** The modules whose packages can be built from the root, the root's first. */
  modules: readonly GoModule[];
}

/** The modules of a source: the one in its root and those that its go.work names. */
export function readModules(tree: TreeView): GoSource {
  const workText = tree.read("go.work");
  const work = workText === undefined ? null : readGoWork(workText);
  const folders = work === null ? [] : work.uses.filter((folder) => !leadsOut(folder));
  if (tree.has("go.mod") || (folders.length === 0 && work === null)) folders.unshift(".");
  const modules = [...new Set(folders)].map((folder) => {
    const text = tree.read(posix.join(folder, "go.mod"));
    return { folder, mod: text === undefined ? null : readGoMod(text) };
  });
  return { work, modules };
}

/** A folder outside the source that a module or the workspace needs, with the file that says so. */
export function outsideFolder({ work, modules }: GoSource): { folder: string; from: string } | null {
  const used = work?.uses.find(leadsOut);
  if (used !== undefined) return { folder: used, from: "go.work" };
  for (const { folder, mod } of modules) {
    const replaced = mod?.localReplaces.find((target) => leadsOut(posix.join(folder, target)));
    if (replaced !== undefined) return { folder: replaced, from: posix.join(folder, "go.mod") };
  }
  return null;
}

function leadsOut(path: string): boolean {
  return /^(\/|\.\.(\/|$))/.test(posix.normalize(path));
}
