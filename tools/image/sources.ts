import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** What the programs of the image run from. */
const roots = ["apps", "packages", "LICENSE", "package.json"];
/** What only tests and measurements read. */
const forTests = /\.test\.\w+$|(^|\/)(testing|fixtures|__snapshots__|scripts)\/|\/conformance(\/|\.)/;

/** Of the files of a checkout, those that the image has. */
export function chooseSources(files: readonly string[]): string[] {
  const below = (file: string) => roots.some((root) => file === root || file.startsWith(`${root}/`));
  return files.filter((file) => below(file) && !forTests.test(file)).toSorted();
}

/** The files that the image has, as they are now: committed or not, but nothing that git ignores. */
export function listSources(root: string): string[] {
  const flags = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listed = execFileSync("git", flags, { cwd: root, encoding: "utf8", maxBuffer: 64 * 2 ** 20 }).split("\0");
  return chooseSources([...new Set(listed)].filter((file) => file !== "" && existsSync(join(root, file))));
}
