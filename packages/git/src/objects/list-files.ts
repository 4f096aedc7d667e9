import { BerthError, type FileMode, type TreeEntry } from "@berth/core";
import type { Directory, ObjectReader } from "./reader.ts";
import { maxContentBytes } from "./replies.ts";

const maxEntries = 500_000;
/** Counted at each place: a small push can name one large file a thousand times. */
const maxTreeBytes = 16 * 1024 ** 3;
const maxNamed = 10;
/** With room for where the copies of an image lie: Linux takes 4095 bytes. */
const maxPathLength = 1_000;
/** Linux follows no longer ones (PATH_MAX). */
const maxTargetBytes = 4095;

type Directories = Pick<ObjectReader, "directory">;

/** All files below a tree without the excluded paths, in byte order of their paths. Throws `source.unsupported` where there are submodules. */
export async function listFiles(
  reader: Directories,
  tree: string,
  excluded: readonly string[],
): Promise<readonly TreeEntry[]> {
  const directories = await readAll(reader, tree);
  const isExcluded = new Set(excluded);
  const files: TreeEntry[] = [];
  const submodules: string[] = [];
  let treeBytes = 0;

  function walk(oid: string, prefix: string) {
    for (const { name, mode, oid: child, sizeBytes } of directories.get(oid)!.entries) {
      const path = prefix + name;
      if (isExcluded.has(path)) continue;
      if (path.length > maxPathLength) throw tooDeep(path);
      if (mode === "folder") walk(child, `${path}/`);
      else if (mode === "submodule") submodules.push(path);
      else {
        checkSize(path, mode, sizeBytes);
        treeBytes += sizeBytes;
        files.push({ path, mode, oid: child, sizeBytes });
      }
    }
  }

  walk(tree, "");
  if (treeBytes > maxTreeBytes) throw tooMuch(treeBytes);
  if (submodules.length > 0) throw submodulesFound(submodules);
  return files;
}

/** Level by level, so that all folders of a level are asked for at once. */
async function readAll(reader: Directories, tree: string): Promise<Map<string, Directory>> {
  const directories = new Map<string, Directory>();
  let entryCount = 0;
  for (let level = [tree]; level.length > 0;) {
    const read = await Promise.all(level.map((oid) => reader.directory(oid)));
    const below: string[] = [];
    for (const [index, directory] of read.entries()) {
      directories.set(level[index]!, directory);
      for (const { mode, oid } of directory.entries) if (mode === "folder") below.push(oid);
      // Counted for each place it is at: a few small trees that name each other can stand for millions of files.
      entryCount += directory.entries.length;
    }
    if (entryCount > maxEntries) throw tooMany();
    level = below;
  }
  return directories;
}

/** Throws for what could not become a file of a usual file system, or would fill the memory on its way there. */
function checkSize(path: string, mode: FileMode, sizeBytes: number): void {
  if (mode === "120000" ? sizeBytes <= maxTargetBytes : sizeBytes <= maxContentBytes) return;
  const what = mode === "120000" ? "A symbolic link's target" : "A file";
  const most = mode === "120000" ? `${maxTargetBytes} bytes` : inGiB(maxContentBytes);
  throw new BerthError("source.unsupported", `${what} is larger than ${most}.`, {
    path,
    details: [path],
    hint: "Keep large data out of the repository, and let the app fetch it when it starts.",
  });
}

function tooDeep(path: string): BerthError {
  return new BerthError("source.unsupported", `A path is longer than ${maxPathLength} characters.`, {
    path: path.slice(0, maxPathLength),
    details: [`${path.slice(0, 200)}…`],
    hint: "Nest folders less deeply, or give them shorter names.",
  });
}

function tooMuch(treeBytes: number): BerthError {
  const message = `The files have ${inGiB(treeBytes)} together; ${inGiB(maxTreeBytes)} is the most.`;
  return new BerthError("source.unsupported", message, {
    hint: "Keep large data out of the repository, and let the app fetch it when it starts.",
  });
}

function inGiB(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 3)} GiB`;
}

function tooMany(): BerthError {
  return new BerthError("source.unsupported", `The tree has more than ${maxEntries} files and folders.`, {
    hint: "Keep dependencies and build output out of the repository with .gitignore.",
  });
}

function submodulesFound(paths: readonly string[]): BerthError {
  return new BerthError("source.unsupported", "Git submodules cannot be deployed: their files are not in the push.", {
    path: paths[0]!,
    details: namedPaths(paths),
    hint: "Add the files themselves (git subtree, or a dependency of your package manager) and push again.",
  });
}

/** The first few paths, one a line. */
export function namedPaths(paths: readonly string[]): string[] {
  const named = paths.slice(0, maxNamed).map(onOneLine);
  return paths.length > maxNamed ? [...named, `and ${paths.length - maxNamed} more`] : named;
}

/** A path may have a newline in it, and what a terminal would obey: such characters are told as JSON writes them. */
function onOneLine(path: string): string {
  return path.replaceAll(/\p{Cc}/gu, (character) =>
    character === "\u007f" ? "\\u007f" : JSON.stringify(character).slice(1, -1),
  );
}
