/** What an engine says of a path of a container: 0 changed, 1 added, 2 deleted since its image. */
export interface PathChange {
  Path: string;
  Kind: 0 | 1 | 2;
}

export interface ChangedPaths {
  /** Relative to the app's folder: files, and folders of which all is new. */
  fetch: string[];
  /** Relative to the app's folder: what of the image is gone, with what is below it. */
  removed: string[];
}

/**
 * What to fetch of the app's folder, and what of it is gone. A folder that was replaced by another of its name is said to be deleted, and
 * what is in the new one to be added.
 */
export function readChanges(changes: readonly PathChange[], exclude: readonly string[]): ChangedPaths {
  const below = changes.filter(({ Path }) => Path.startsWith("/app/"));
  const kinds = new Map(below.map(({ Path, Kind }) => [Path.slice("/app/".length), Kind]));
  // A folder with changes in it is listed as changed itself: what has nothing listed below it is a file, or a folder to take as it is.
  const parents = new Set([...kinds.keys()].map(parentOf));
  const fetch: string[] = [];
  const removed: string[] = [];
  for (const [path, kind] of kinds) {
    if (exclude.some((other) => path === other || path.startsWith(`${other}/`))) continue;
    if (kind === 2) {
      removed.push(path);
      if (parents.has(path)) fetch.push(path);
    } else if (kind === 1 && kinds.get(parentOf(path)) !== 1) fetch.push(path);
    else if (kind === 0 && !parents.has(path)) fetch.push(path);
  }
  const roots = new Set(fetch);
  return { fetch: fetch.filter((path) => !hasRootAbove(path, roots)), removed };
}

function hasRootAbove(path: string, roots: ReadonlySet<string>): boolean {
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) if (roots.has(at)) return true;
  return false;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
