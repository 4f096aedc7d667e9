import { type FSWatcher, lstatSync, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { hasCode } from "@berth/core/errors";

export interface WatchDeps {
  folder: string;
  /** The files and folders below it that are left out, as paths. */
  leftOut(): Promise<ReadonlySet<string>>;
  /** Something has changed at this path, or may have. */
  onChange(path: string): void;
  /** There are more folders than this machine watches: it is looked now and then instead. */
  onTooMany(): void;
}

export interface WatchedFolder {
  /** How many folders are watched. */
  count(): number;
  /** Watches what has come since, and no longer what is left out now. What has changed before this resolves may not be told. */
  follow(): Promise<void>;
  /** What changed was left out, as it turned out: next time it is known. */
  outdate(): void;
  close(): void;
}

/** Windows and macOS tell what changes below a folder; on Linux each folder has to be watched by itself. */
const isRecursive = process.platform === "win32" || process.platform === "darwin";
const pollMs = 2_000;
const limits = ["ENOSPC", "EMFILE", "ENFILE"];

/**
 * Watches a folder with all that is below it. It only says that it is time to look: whoever hears it looks at everything, after `follow`,
 * so that nothing is lost that happens while folders come and go. No files are watched, and what is left out is not even read.
 */
export async function watchFolder(deps: WatchDeps): Promise<WatchedFolder> {
  const { folder: root, onChange } = deps;
  const watchers = new Map<string, FSWatcher>();
  let leftOut: ReadonlySet<string> = new Set();
  let isStale = true;
  let isClosed = false;
  let polling: NodeJS.Timeout | null = null;

  const isLeftOut = (path: string) => path.split(sep).includes(".git") || leftOut.has(path);

  function start(folder: string): void {
    const watcher = watch(folder, { recursive: isRecursive });
    watchers.set(folder, watcher);
    // It is gone, which its own folder tells as well.
    watcher.on("error", () => (isStale = true));
    watcher.on("change", (event, name) => {
      const path = name === null ? folder : join(folder, String(name));
      if (isLeftOut(path) || (isRecursive && isBelow(path, leftOut))) return;
      // A folder has come, gone or become another, or other files are left out now.
      if ((event === "rename" && (watchers.has(path) || isFolder(path))) || path.endsWith(".gitignore")) isStale = true;
      onChange(path);
    });
  }

  async function startBelow(folder: string): Promise<void> {
    if (isClosed) return;
    // First, so that whatever comes while it is read is told.
    start(folder);
    if (isRecursive) return;
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !isLeftOut(path)) await startBelow(path).catch(passOverMissing);
    }
  }

  function stop(): void {
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
    if (polling !== null) clearInterval(polling);
    polling = null;
  }

  async function follow(): Promise<void> {
    if (!isStale || isClosed || polling !== null) return;
    isStale = false;
    leftOut = await deps.leftOut();
    stop();
    try {
      await startBelow(root);
    } catch (error) {
      if (!limits.some((code) => hasCode(error, code))) return passOverMissing(error);
      stop();
      polling = setInterval(() => onChange(root), pollMs);
      deps.onTooMany();
    }
  }

  await follow();
  return {
    count: () => watchers.size,
    follow,
    outdate: () => void (isStale = true),
    close() {
      isClosed = true;
      stop();
    },
  };
}

function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  return [...folders].some((folder) => path.startsWith(folder + sep));
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Such as a file where its folder was.
    return false;
  }
}

/** A folder that has gone in the meantime is told of by the one that it was in. */
function passOverMissing(error: unknown): void {
  if (!hasCode(error, "ENOENT") && !hasCode(error, "ENOTDIR") && !hasCode(error, "EACCES")) throw error;
}
