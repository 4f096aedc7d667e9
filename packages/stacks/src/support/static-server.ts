import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SupportFile } from "./support-files.ts";

const serverFolder = fileURLToPath(new URL("../stacks/static/server", import.meta.url));

/** Berth's static server with the packages that it imports. */
export function staticServerFiles(): SupportFile[] {
  const own = ["server.mjs", "site.mjs"].map((file) => ({ path: file, file: join(serverFolder, file) }));
  const packages = packageFolders(join(serverFolder, "server.mjs"), ["mrmime", "sirv"]);
  const foreign = [...packages].flatMap(([dependency, folder]) =>
    runtimeFiles(folder).map((file) => ({ path: `node_modules/${dependency}/${file}`, file: join(folder, file) })),
  );
  return [...own, ...foreign];
}

/** The folders of packages and of all that they depend on, by name. */
function packageFolders(
  importer: string,
  names: readonly string[],
  found = new Map<string, string>(),
): Map<string, string> {
  for (const name of names) {
    if (found.has(name)) continue;
    const folder = packageFolder(createRequire(importer).resolve(name), name);
    found.set(name, folder);
    packageFolders(join(folder, "package.json"), Object.keys(readManifest(folder).dependencies ?? {}), found);
  }
  return found;
}

/** The folder above a file of a package that holds its package.json. */
function packageFolder(file: string, name: string): string {
  const folder = dirname(file);
  if (folder === file) throw new Error(`The package ${name} has no package.json.`);
  try {
    if (readManifest(folder).name === name) return folder;
  } catch {
    // Not yet at its root.
  }
  return packageFolder(folder, name);
}

function readManifest(folder: string): { name?: string; dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** What a package needs to run, and its licence; not its types and documentation. */
function runtimeFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter(
      (path) => !path.startsWith("node_modules/") && /(^|\/)(licen[cs]e[^/]*|package\.json|[^/]+\.m?js)$/i.test(path),
    );
}
