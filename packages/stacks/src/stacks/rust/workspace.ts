import { posix } from "node:path";
import type { PlanProblem, TreeView } from "@berth/core";
import { readCargo, type CargoManifest, type CargoPackage } from "./manifest.ts";

/** A package with its folder; `.` is the root. */
export interface Crate {
  folder: string;
  package: CargoPackage;
}

export interface CargoSource {
  root: CargoManifest;
  crates: readonly Crate[];
  /** Folders of the packages that commands are about where nothing else is said. */
  defaults: readonly string[];
}

export type CargoSourceResult = { ok: true; source: CargoSource } | { ok: false; problem: PlanProblem };

/** The packages that can be built from the root: its own and the members of its workspace. */
export function readCrates(tree: TreeView): CargoSourceResult {
  const read = readCargo(tree, "Cargo.toml");
  if (!read.ok) return read;
  const { manifest: root } = read;
  const folders = root.workspace === null ? [] : memberFolders(tree, root.workspace.members, root.workspace.exclude);
  const crates: Crate[] = root.package === null ? [] : [{ folder: ".", package: root.package }];
  for (const folder of folders) {
    const member = readCargo(tree, `${folder}/Cargo.toml`);
    if (!member.ok) return member;
    if (member.manifest.package !== null) crates.push({ folder, package: member.manifest.package });
  }
  const named = memberFolders(tree, root.workspace?.defaultMembers ?? [], []);
  const defaults = named.length > 0 ? named : root.package === null ? folders : ["."];
  return { ok: true, source: { root, crates, defaults } };
}

/** The folders that a workspace's patterns match, in their order. */
function memberFolders(tree: TreeView, patterns: readonly string[], exclude: readonly string[]): string[] {
  const found = new Set<string>();
  const manifests = tree.paths.filter((path) => path.endsWith("/Cargo.toml")).map((path) => posix.dirname(path));
  for (const pattern of patterns.map((each) => posix.normalize(each).replace(/\/$/, ""))) {
    const matches = new RegExp(
      `^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*\*|\*|\?/g, (wild) => (wild === "**" ? ".*" : wild === "*" ? "[^/]*" : "[^/]"))}$`,
    );
    for (const folder of manifests) if (matches.test(folder)) found.add(folder);
  }
  const left = new Set(exclude.map((each) => posix.normalize(each).replace(/\/$/, "")));
  return [...found].filter((folder) => !left.has(folder));
}

/** A crate outside the source that one of these needs, with the file that says so. */
export function outsideCrate({ root, crates }: CargoSource): { what: string; from: string } | null {
  if (root.inherits) return { what: "the workspace it belongs to", from: "Cargo.toml" };
  for (const { folder, package: own } of crates) {
    const path = own.paths.find((each) => /^(\/|\.\.(\/|$))/.test(posix.normalize(posix.join(folder, each))));
    if (path !== undefined) return { what: path, from: posix.join(folder, "Cargo.toml") };
  }
  return null;
}
