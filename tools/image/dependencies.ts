import { execFile } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { pnpmBin } from "../setup/paths.mjs";

/** What pnpm reads to install. */
const manifests = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "{apps,packages}/*/package.json"];
const processors: Readonly<Record<string, string>> = { amd64: "x64", arm64: "arm64" };

/**
 * Installs what production needs for Linux on this architecture into a folder of its own, and returns the folders of dependencies in it. The
 * versions are the lockfile's, and what pnpm writes about the installation itself is taken away: equal lockfiles, equal files.
 */
export async function installDependencies(root: string, folder: string, architecture: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  for (const file of globSync(manifests, { cwd: root })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  const processor = processors[architecture] ?? architecture;
  const what = ["--prod", "--frozen-lockfile", "--trust-lockfile", "--prefer-offline", "--ignore-scripts"];
  // Links to the store would make one file of all that are equal, on some disks and not on others.
  const how = ["--config.package-import-method=copy", `--cpu=${processor}`, "--os=linux", "--libc=glibc"];
  await promisify(execFile)(pnpmBin, ["install", ...what, ...how, "--reporter=append-only"], { cwd: folder });
  const made = globSync(["node_modules", "{apps,packages}/*/node_modules"], { cwd: folder }).toSorted();
  for (const below of made) prune(folder, below, processor);
  return made;
}

/** Whether a production server reads it. `path` begins with its `node_modules`. */
export function isNeeded(path: string, processor: string): boolean {
  // Programs' starters and pnpm's notes have paths and times of this machine in them.
  if (/\/(\.bin|\.modules\.yaml|\.pnpm-workspace-state[^/]*\.json|lock\.yaml)$/.test(path)) return false;
  if (/\.(map|d\.[cm]?ts)$/.test(path)) return false;
  // One binary of the database is used, and none of the sources.
  if (/\/better-sqlite3\/(deps|src)$/.test(path)) return false;
  return !/\/better-sqlite3\/prebuilds\/[^/]+\.node$/.test(path) || path.endsWith(`/linux-${processor}.node`);
}

function prune(folder: string, below: string, processor: string): void {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = `${below}/${entry.name}`;
    if (!isNeeded(path, processor)) rmSync(join(folder, path), { recursive: true });
    else if (entry.isDirectory()) prune(folder, path, processor);
  }
}
