import { access, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkAppName, hasCode, type Random } from "@berth/core";
import type { Git } from "./git-process.ts";

const unfinished = ".tmp";

/** The bare repositories of all apps, one folder each. */
export interface Repositories {
  /** Where an app's repository is, there or not. */
  path(app: string): string;
  exists(app: string): Promise<boolean>;
  /** Makes it unless it is there. */
  create(app: string): Promise<void>;
  remove(app: string): Promise<void>;
  /** The branch that a clone checks out. */
  setHead(app: string, branch: string): Promise<void>;
  /** Removes what a crash left half made or half removed. */
  sweep(): Promise<void>;
  /** An empty repository, as an app that is not there yet looks to a first push. */
  emptyPath(): Promise<string>;
}

export function makeRepositories(deps: { folder: string; git: Git; random: Random }): Repositories {
  const { folder, git, random } = deps;
  // No app's name has a dot.
  const emptyPath = join(folder, "empty.template.git");

  function path(app: string): string {
    checkAppName(app);
    return join(folder, `${app}.git`);
  }

  /** Made beside and moved into place, so that a repository is whole or not there. */
  async function createAt(target: string): Promise<void> {
    if (await isThere(target)) return;
    await mkdir(folder, { recursive: true });
    const made = freshPath("new");
    await git.output(["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--", made]);
    try {
      await rename(made, target);
    } catch (error) {
      await rm(made, { recursive: true, force: true });
      if (!(await isThere(target))) throw error;
    }
  }

  function freshPath(kind: string): string {
    return join(folder, `${kind}.${Buffer.from(random.bytes(8)).toString("hex")}${unfinished}`);
  }

  return {
    path,
    exists: (app) => isThere(path(app)),
    create: (app) => createAt(path(app)),
    async remove(app) {
      const removed = freshPath("removed");
      try {
        await rename(path(app), removed);
      } catch (error) {
        if (hasCode(error, "ENOENT")) return;
        throw error;
      }
      await rm(removed, { recursive: true, force: true, maxRetries: 3 });
    },
    async setHead(app, branch) {
      const present = await readFile(join(path(app), "HEAD"), "utf8");
      if (present.trim() === `ref: refs/heads/${branch}`) return;
      await git.output([`--git-dir=${path(app)}`, "symbolic-ref", "HEAD", `refs/heads/${branch}`]);
    },
    async sweep() {
      const names = await readdir(folder);
      const left = names.filter((name) => name.endsWith(unfinished));
      await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
    },
    async emptyPath() {
      await createAt(emptyPath);
      return emptyPath;
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
