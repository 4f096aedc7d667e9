import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, hasCode } from "@berth/core/errors";
import type { Git } from "./git/git.ts";

/** The top folder of the repository that the folder lies in, or the folder itself outside of one. */
export async function findTopFolder(git: Git, cwd: string): Promise<{ folder: string; isRepository: boolean }> {
  const { code, output, errors } = await git.run(["rev-parse", "--show-toplevel"], { cwd });
  // A repository of somebody else is not the same as none.
  if (errors.includes("dubious ownership")) {
    throw new BerthError("git.failed", "Git does not trust this folder: it belongs to another user.", {
      details: errors.trim().split("\n").slice(-1),
    });
  }
  return code === 0 && output.trim() !== ""
    ? { folder: output.replace(/\r?\n$/, ""), isRepository: true }
    : { folder: cwd, isRepository: false };
}

/** Whether two paths lead to one folder. Git tells the one without links. */
export async function isSameFolder(a: string, b: string): Promise<boolean> {
  return (await realpath(a)) === (await realpath(b));
}

/** What a command says that was called below the folder it takes. */
export function aboveText(folder: string): string {
  return `All of ${folder}, the repository that this folder is in`;
}

/** The `name` in the berth.yaml of a project; null where there is none. Throws `config.invalid` where the file is wrong. */
export async function readConfiguredName(git: Git, cwd: string): Promise<string | null> {
  const { folder } = await findTopFolder(git, cwd);
  let text: string;
  try {
    text = await readFile(join(folder, "berth.yaml"), "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
  // Reading YAML takes longer to load than all the rest.
  const { parseBerthYaml } = await import("@berth/core/berth-yaml");
  return parseBerthYaml(text).name ?? null;
}
