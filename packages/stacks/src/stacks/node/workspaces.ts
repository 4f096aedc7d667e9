import type { TreeView } from "@berth/core";
import { emptyManifest, readManifest, type Manifest } from "./manifest.ts";

/**
 * The manifests below the root of a workspace, by path: every one that there is, rather than those that the patterns
 * name, for a package manager may look at more than it takes. None where the root is no workspace.
 */
export function nestedManifests(tree: TreeView, root: Manifest): Map<string, Manifest> {
  const isWorkspace = root.hasWorkspaces || /^packages:/m.test(tree.read("pnpm-workspace.yaml") ?? "");
  const manifests = new Map<string, Manifest>();
  if (!isWorkspace) return manifests;
  for (const path of tree.paths) {
    if (!path.endsWith("/package.json") || /(^|\/)(node_modules|fixtures|__fixtures__)\//.test(path)) continue;
    const result = readManifest(tree, path);
    // A template that is no JSON yet is nobody's member; of a member, the package manager says what is wrong.
    manifests.set(path, result.ok ? result.manifest : emptyManifest);
  }
  return manifests;
}

/** A dependency that only a workspace further up could give. */
export function outsideDependency(root: Manifest, nested: Map<string, Manifest>): string | null {
  if (nested.size > 0) return null;
  return Object.entries(root.dependencies).find(([, range]) => range.startsWith("workspace:"))?.[0] ?? null;
}
