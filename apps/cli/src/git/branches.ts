import type { Git } from "./git.ts";

export interface Branches {
  /** The branch that is checked out, also before its first commit; the default one where none is. */
  current: string;
  /** The one that is to go to production. */
  production: string;
  hasCommit: boolean;
}

/** The repository's own default branch is what its origin says; else main or master where there is one; else the current one. */
export async function readBranches(git: Git, folder: string): Promise<Branches> {
  const ask = async (...args: string[]) => {
    const { code, output } = await git.run(args, { cwd: folder });
    return code === 0 && output.trim() !== "" ? output.trim() : null;
  };
  const [head, originHead, refs, commit] = await Promise.all([
    ask("symbolic-ref", "--quiet", "--short", "HEAD"),
    ask("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"),
    ask("for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/heads/master"),
    ask("rev-parse", "--verify", "--quiet", "HEAD"),
  ]);
  const usual = refs?.split("\n")[0] ?? null;
  const production = originHead?.replace(/^origin\//, "") ?? usual ?? head ?? "main";
  return { current: head ?? production, production, hasCommit: commit !== null };
}
