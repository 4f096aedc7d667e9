import type { TreeView } from "@berth/core";
import { configFolder } from "./framework.ts";
import type { Manifest } from "./manifest.ts";

/** The file that `tsc` makes of a program in TypeScript; null where the build compiles nothing, or into the same folder. */
export function compiledEntry(tree: TreeView, manifest: Manifest, file: string): string | null {
  const build = manifest.scripts["build"] ?? "";
  if (!/\.[cm]?ts$/.test(file) || !/(^|[\s;&|])tsc(\s|$)/.test(build) || /--noEmit\b/.test(build)) return null;
  // Comments are allowed in it; a pattern such as `src/**/*` is none.
  const config = (tree.read("tsconfig.json") ?? "").replace(/^\s*\/\/.*$|\/\*\s.*?\*\//gm, "");
  const outDir = configFolder(config, '"?outDir"?');
  if (outDir === null || /"noEmit"\s*:\s*true/.test(config)) return null;
  const root = configFolder(config, '"?rootDir"?') ?? commonFolder(tree, config);
  const inRoot = root !== null && file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
  return `${outDir}/${inRoot.replace(/ts$/, "js")}`;
}

/** Where no root is named it is what all sources have in common: mostly `src`. */
function commonFolder(tree: TreeView, config: string): string | null {
  const included = /"include"\s*:\s*\[([^\]]*)\]/.exec(config)?.[1];
  if (included !== undefined) return /^\s*"(\.\/)?src(\/[^"]*)?"\s*,?\s*$/.test(included) ? "src" : null;
  const sources = tree.paths.filter((path) => /\.[cm]?tsx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path));
  return sources.every((path) => path.startsWith("src/")) ? "src" : null;
}
