import type { SourceTree, TreeView } from "@berth/core";
import { readManifest, type Manifest } from "../stacks/node/manifest.ts";
import { lockfileNames } from "../stacks/node/package-manager.ts";
import { nestedManifests } from "../stacks/node/workspaces.ts";
import { keepPaths } from "./workspace-tree.ts";

/** A service's folder as a member of a workspace of packages for Node, whose root has the lockfile. */
export interface WorkspaceMember {
  /** The member's folder, relative to the root. */
  folder: string;
  /** Members that it depends on, also through others, each after those that it depends on itself. */
  needed: string[];
  /** Folders of all members. */
  members: string[];
}

/** The member that a folder of a repository is; null where it stands for itself: it has a lockfile of its own, or the root is no workspace. */
export function findMember(root: TreeView, folder: string): WorkspaceMember | null {
  if (folder === "." || !root.has("package.json") || !root.has(`${folder}/package.json`)) return null;
  const isLocked = (prefix: string) => lockfileNames.some((name) => root.has(prefix + name));
  if (isLocked(`${folder}/`) || !isLocked("")) return null;
  const read = readManifest(root, "package.json");
  const nested = read.ok ? nestedManifests(root, read.manifest) : new Map<string, Manifest>();
  const manifests = new Map([...nested].map(([path, manifest]) => [path.slice(0, -"/package.json".length), manifest]));
  if (!manifests.has(folder)) return null;
  const byName = new Map([...manifests].flatMap(([path, { name }]) => (name === null ? [] : [[name, path] as const])));
  const needed = new Set<string>();
  const visit = (path: string, above: readonly string[]) => {
    for (const name of Object.keys(manifests.get(path)?.dependencies ?? {})) {
      const other = byName.get(name);
      if (other === undefined || other === folder || needed.has(other) || above.includes(other)) continue;
      visit(other, [...above, other]);
      needed.add(other);
    }
  };
  visit(folder, [folder]);
  const members = [...manifests].flatMap(([path, { name }]) => (name === null ? [] : [path]));
  return { folder, needed: [...needed], members };
}

/** The tree that a member is built from: the repository without the folders of members it does not need and of other services. Their manifests stay, for package managers look whether the lockfile is theirs. */
export function memberTree(root: SourceTree, member: WorkspaceMember, sources: readonly string[]): Promise<SourceTree> {
  const own = [member.folder, ...member.needed];
  const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  const left = [...member.members, ...sources].filter(
    (folder) => folder !== "." && !own.some((kept) => isBelow(folder, kept) || isBelow(kept, folder)),
  );
  return keepPaths(root, (path) => {
    const outside = left.find((folder) => isBelow(path, folder));
    return outside === undefined || (member.members.includes(outside) && path === `${outside}/package.json`);
  });
}
