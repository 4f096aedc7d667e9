import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "@berth/core/errors";
import ignore, { type Ignore } from "ignore";
import type { Git } from "../git/git.ts";

/**
 * The files of a folder that a deploy would take, relative to it, in no order: what git has and what it does not ignore. Outside of a
 * repository, or without git, the .gitignore files of the folder are read.
 */
export async function listFiles(git: Git, folder: string): Promise<string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "."];
  const listed = await git.run(args, { cwd: folder }).catch(() => null);
  if (listed?.code === 0) return listed.output.split("\0").filter((path) => path !== "" && !path.endsWith("/"));
  return [...walk(folder, "", [])];
}

/** A .gitignore with the folder it is about. */
interface Rules {
  prefix: string;
  ignored: Ignore;
}

/** Deeper files rule over those above them, as in git. */
function* walk(root: string, prefix: string, above: readonly Rules[]): Generator<string> {
  const text = readIfThere(join(root, prefix, ".gitignore"));
  const rules = text === null ? above : [...above, { prefix, ignored: ignore().add(text) }];
  for (const entry of readdirSync(join(root, prefix), { withFileTypes: true })) {
    if (entry.name === ".git") continue;
    const path = prefix + entry.name;
    const isFolder = entry.isDirectory();
    if (isIgnored(isFolder ? `${path}/` : path, rules)) continue;
    if (isFolder) yield* walk(root, `${path}/`, rules);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}

function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { prefix, ignored } of rules.toReversed()) {
    const result = ignored.test(path.slice(prefix.length));
    if (result.ignored) return true;
    if (result.unignored) return false;
  }
  return false;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EISDIR")) return null;
    throw error;
  }
}
