import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { SourceTree } from "@berth/core";
import { memoryTree } from "./memory-tree.ts";

/** A folder of this repository as a source tree, without what is made in it. */
export function folderTree(folder: string): SourceTree {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));
  return memoryTree(Object.fromEntries(files.map((path) => [path, { bytes: readFileSync(join(folder, path)) }])));
}
