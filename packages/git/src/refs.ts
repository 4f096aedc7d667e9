import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, type RefMover } from "@berth/core";
import { type Git, gitFailed, refLockTimeoutMs } from "./git-process.ts";
import { branchRef, workingTreeRef } from "./push/commands.ts";
import { createLoose, readLoose, replaceLoose } from "./loose-ref.ts";
import { keepsFiles, listRefs, readPackedRefs } from "./packed-refs.ts";
import type { Repositories } from "./repositories.ts";

/** Reads and moves refs of the apps' repositories. All of it may be repeated. */
export interface Refs extends Pick<RefMover, "move" | "forget"> {
  /** The commit a branch is at, null where there is no such branch. */
  read(app: string, branch: string): Promise<string | null>;
  /** All branches. */
  branches(app: string): Promise<string[]>;
  /** Moves a ref that is not a branch. */
  keep(app: string, ref: string, commit: string): Promise<void>;
}

export function makeRefs(git: Git, repositories: Repositories): Refs {
  function gitDir(app: string): string {
    return `--git-dir=${repositories.path(app)}`;
  }

  /** `change` is what follows `git update-ref`. */
  async function update(app: string, ...change: string[]): Promise<void> {
    const args = [gitDir(app), "update-ref", "--no-deref", ...change];
    let result = await git.run(args);
    if (result.code !== 0 && (await removeStaleLock(result.stderr))) result = await git.run(args);
    if (result.code !== 0) throw gitFailed(args, result);
  }

  /** Whether a ref that has no commit in a file of its own is known without git: it has no such file at all. */
  async function isPlain(app: string, ref: string): Promise<boolean> {
    const repository = repositories.path(app);
    const isFile = await stat(join(repository, ref)).then(
      (found) => found.isFile(),
      () => false,
    );
    return !isFile && (await keepsFiles(repository));
  }

  async function find(app: string, ref: string): Promise<string | null> {
    const loose = await readLoose(repositories.path(app), ref);
    if (loose !== null) return loose;
    if (await isPlain(app, ref)) return (await readPackedRefs(repositories.path(app))).get(ref) ?? null;
    // Not rev-parse: that would also find a tag of this name.
    const args = [gitDir(app), "show-ref", "--verify", "--hash", "--", ref];
    const result = await git.run(args);
    if (result.code === 0) return result.stdout.trim();
    if (/not a valid ref/.test(result.stderr)) return null;
    throw gitFailed(args, result);
  }

  async function remove(app: string, ref: string): Promise<void> {
    if ((await find(app, ref)) !== null) await update(app, "-d", ref);
  }

  /** Moves a ref, by git itself only where it has to be asked. */
  async function keep(app: string, ref: string, commit: string): Promise<void> {
    const repository = repositories.path(app);
    const isDone = (await replaceLoose(repository, ref, commit)) || (await createLoose(repository, ref, commit));
    if (!isDone) await update(app, ref, commit);
  }

  return {
    read: (app, branch) => find(app, branchRef(branch)),
    async branches(app) {
      const repository = repositories.path(app);
      if (await keepsFiles(repository)) return await listRefs(repository, branchRef(""));
      const output = await git.output([gitDir(app), "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/"]);
      return output.split("\n").filter((line) => line !== "");
    },
    keep,
    async forget(app, environment) {
      if (!(await repositories.exists(app))) return;
      await remove(app, workingTreeRef(environment));
    },
    async move(app, branch, commit) {
      if (commit !== null) {
        if (!(await repositories.exists(app))) {
          throw new BerthError("git.failed", `The repository of ${app} is not there.`, { path: branchRef(branch) });
        }
        return await keep(app, branchRef(branch), commit);
      }
      if (await repositories.exists(app)) await remove(app, branchRef(branch));
    },
  };
}

/** A git that is killed leaves its lock. Git has waited for it already, and none is held for long: what is older is nobody's. */
async function removeStaleLock(stderr: string): Promise<boolean> {
  const path = /Unable to create '(.+\.lock)': File exists/.exec(stderr)?.[1];
  if (path === undefined) return false;
  const lock = await stat(path).catch(() => null);
  if (lock !== null && Date.now() - lock.mtimeMs < refLockTimeoutMs) return false;
  await rm(path, { force: true });
  return true;
}
