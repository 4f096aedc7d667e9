import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Git } from "./git.ts";

/** What the person's own repository leaves out besides .gitignore: its `info/exclude`. Empty outside of a repository. */
export async function excludesOf(git: Git, folder: string): Promise<string> {
  const { code, output } = await git.run(["rev-parse", "--git-path", "info/exclude"], { cwd: folder });
  if (code !== 0) return "";
  return await readFile(resolve(folder, output.trim()), "utf8").catch(() => "");
}
