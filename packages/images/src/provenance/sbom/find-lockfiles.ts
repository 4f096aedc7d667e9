import { posix } from "node:path";
import type { BuildPlan, TreeEntry } from "@berth/core";
import { lockfiles } from "./lockfiles.ts";
import type { Lockfile } from "./lockfile.ts";

/** A lockfile of a source and the files it is read with. */
export interface FoundLockfile {
  kind: Lockfile;
  entry: TreeEntry;
  beside: readonly TreeEntry[];
}

/** Larger ones are not read: the largest lockfiles there are have a few MB. */
export const largestLockfileBytes = 32 * 2 ** 20;
/** A repository may hold very many, as tests of a package manager do. */
const most = 200;
/** How deep lockfiles are looked for where the root of the source has none. */
const deepest = 3;
const byName = new Map(lockfiles.map((kind) => [kind.name, kind]));

/** The lockfiles that the packages of an image come from: those in the root of its source, and those of the parts of a project; where there are none, those further down. */
export function findLockfiles(entries: readonly TreeEntry[], plan: Pick<BuildPlan, "steps">): FoundLockfile[] {
  const all = entries.flatMap((entry) => {
    const kind = byName.get(posix.basename(entry.path));
    const isForeign = entry.mode === "120000" || /(^|\/)(node_modules|vendor|target)\//.test(entry.path);
    return kind === undefined || isForeign ? [] : [{ kind, entry, folder: posix.dirname(entry.path) }];
  });
  const usual = all.filter(({ kind, folder }) => kind.nested || folder === ".");
  const depthOf = (folder: string) => (folder === "." ? 0 : folder.split("/").length);
  const found = usual.length > 0 ? usual : all.filter(({ folder }) => depthOf(folder) <= deepest);
  const named = new Set(plan.steps.flatMap(({ inputs }) => (inputs === "all" ? [] : inputs)));
  const isNamed = new Set(
    found.filter(({ entry }) => named.has(entry.path)).map(({ kind, folder }) => `${folder}:${kind.ecosystem}`),
  );
  return found
    .filter(({ kind, entry, folder }) => named.has(entry.path) || !isNamed.has(`${folder}:${kind.ecosystem}`))
    .slice(0, most)
    .map(({ kind, entry, folder }) => ({ kind, entry, beside: besides(entries, folder, kind) }));
}

function besides(entries: readonly TreeEntry[], folder: string, { beside }: Lockfile): TreeEntry[] {
  if (beside === null) return [];
  return entries.filter(({ path, mode, sizeBytes }) => {
    const inside = folder === "." || path.startsWith(`${folder}/`);
    return (
      inside && mode !== "120000" && sizeBytes <= largestLockfileBytes && beside.test(posix.relative(folder, path))
    );
  });
}
