import { createHash, randomUUID } from "node:crypto";
import { cp, mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, hasCode } from "@berth/core/errors";
import { excludesOf } from "./excludes.ts";
import type { Git, GitOptions } from "./git.ts";

/** A folder's files as a commit in a private repository beside the tokens. The folder and its own repository are only read. */
export interface WorkingTree {
  commit: string;
  /** Git's id of its root tree: equal ids, equal content. */
  tree: string;
  /** For running git on the private repository. */
  options: GitOptions;
}

/** Settings under which git takes files as they are on disk and runs nothing of the user's. */
const asTheyAre = Object.entries({
  "core.autocrlf": "false",
  "core.safecrlf": "false",
  "core.fsmonitor": "false",
  "core.hooksPath": "/dev/null",
  "core.quotePath": "false",
  // Loose objects are sent once and then lie there: speed over size.
  "core.looseCompression": "1",
  // Git LFS would put pointers in the place of the files.
  "filter.lfs.clean": "",
  "filter.lfs.process": "",
  "filter.lfs.required": "false",
  "advice.addEmbeddedRepo": "false",
}).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

/** A folder, and where its commits are made. */
export interface WorkingFolder {
  folder: string;
  clientFolder: string;
  /** Whose commits they are. */
  person: string;
  /** Left out besides what the person's own repository leaves out, as lines of .gitignore. */
  leftOut?: string;
}

/** A folder that is stored one time after the other. */
export interface OpenedFolder {
  /** For running git on the private repository. */
  options: GitOptions;
  /**
   * Stores the folder as it is, and gives the id of its tree. The private repository keeps its index, so that only changed files are
   * read. Throws `source.unsupported` where there is a repository within the folder.
   */
  store(): Promise<string>;
}

/** Makes a commit of a folder as it is, without what .gitignore leaves out. Throws what `OpenedFolder.store` throws. */
export async function commitWorkingTree(git: Git, of: WorkingFolder): Promise<WorkingTree> {
  const { options, store } = await openFolder(git, of);
  const tree = await store();
  // Two commits of one tree within a second must differ: git takes a push of what is there for done.
  const message = `Working tree\n\n${randomUUID()}`;
  const commit = await git.read([...asTheyAre, "commit-tree", tree, "-m", message], options);
  return { commit, tree, options };
}

/** Makes the private repository of a folder ready. */
export async function openFolder(
  git: Git,
  { folder, clientFolder, person, leftOut = "" }: WorkingFolder,
): Promise<OpenedFolder> {
  const path = await realpath(folder);
  const key = createHash("sha256").update(path).digest("hex").slice(0, 20);
  const repository = join(clientFolder, "deploy", `${key}.git`);
  const kept = join(repository, "index");
  const optionsWith = (index: string): GitOptions => ({
    cwd: path,
    env: {
      GIT_DIR: repository,
      GIT_WORK_TREE: path,
      GIT_INDEX_FILE: index,
      // Set where a hook of git calls `berth deploy`.
      GIT_OBJECT_DIRECTORY: undefined,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
      GIT_COMMON_DIR: undefined,
      GIT_NAMESPACE: undefined,
      GIT_PREFIX: undefined,
      GIT_QUARANTINE_PATH: undefined,
      GIT_AUTHOR_NAME: person,
      GIT_AUTHOR_EMAIL: `${person}@berth`,
      GIT_COMMITTER_NAME: person,
      GIT_COMMITTER_EMAIL: `${person}@berth`,
    },
  });
  const excludes = await excludesOf(git, path);
  await openRepository(git, repository);
  await writeFile(join(repository, "info", "exclude"), `${excludes}\n${leftOut}`);

  return {
    options: optionsWith(kept),
    async store() {
      // A copy of its own: another deploy of the folder, or a lock that a crash left behind, is not in the way.
      const index = join(repository, `index.${randomUUID()}`);
      const options = optionsWith(index);
      // With its time: what a file's own is not older than, git reads again, for that may have changed unseen within the same second.
      await cp(kept, index, { preserveTimestamps: true }).catch(() => undefined);
      try {
        await addAll(git, options);
        const [nested, tree] = await Promise.all([
          nestedRepositories(git, options),
          git.read([...asTheyAre, "write-tree"], options),
        ]);
        if (nested.length > 0) throw nestedFound(nested);
        await rename(index, kept);
        return tree;
      } finally {
        await rm(index, { force: true });
        await rm(`${index}.lock`, { force: true });
      }
    },
  };
}

/** Remembers what the server has now, so that the next push sends only what changed, and tidies up now and then. */
export async function keepWorkingTree(git: Git, { commit, options }: WorkingTree): Promise<void> {
  await git.run(["update-ref", "refs/berth/sent", commit], options);
  await tidyUp(git, options);
}

/** Packs the private repository, where there is enough to pack. */
export async function tidyUp(git: Git, options: GitOptions): Promise<void> {
  await git.run([...asTheyAre, "gc", "--auto", "--quiet"], options);
}

async function openRepository(git: Git, repository: string): Promise<void> {
  const isThere = await stat(join(repository, "HEAD")).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(repository, { recursive: true, mode: 0o700 });
  const env = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined };
  await git.read(["init", "--quiet", "--bare", "--template=", repository], { cwd: repository, env });
  await mkdir(join(repository, "info"), { recursive: true });
}

async function addAll(git: Git, options: GitOptions): Promise<void> {
  const { code, errors } = await git.run([...asTheyAre, "add", "--all", "--", "."], options);
  if (code === 0) return;
  const empty = /'(.*?)\/?' does not have a commit checked out/.exec(errors)?.[1];
  if (empty !== undefined) throw nestedFound([empty]);
  const unreadable = /open\("(.*)"\): (.*)/.exec(errors);
  if (unreadable !== null) {
    throw new BerthError("source.unsupported", `The file ${unreadable[1]} cannot be read: ${unreadable[2]}.`, {
      hint: "Give yourself the right to read it, or name it in .gitignore.",
    });
  }
  throw new BerthError("git.failed", "The folder cannot be read.", { details: errors.trim().split("\n").slice(-5) });
}

async function nestedRepositories(git: Git, options: GitOptions): Promise<string[]> {
  const listed = (await git.read([...asTheyAre, "ls-files", "--stage", "-z"], options)).split("\0").filter(Boolean);
  return listed.filter((line) => line.startsWith("160000 ")).map((line) => line.slice(line.indexOf("\t") + 1));
}

/** In the words of the push. */
function nestedFound(paths: readonly string[]): BerthError {
  const named = paths.slice(0, 5);
  return new BerthError("source.unsupported", "Git submodules and repositories within the folder cannot be deployed.", {
    details: paths.length > named.length ? [...named, `and ${paths.length - named.length} more`] : named,
    hint: "Add the files themselves (git subtree, or a dependency of your package manager), or name it in .gitignore.",
  });
}

/** Refuses folders that nobody means to deploy. Throws `input.invalid`. */
export async function checkFolder(folder: string, homeFolder: string): Promise<void> {
  const path = await realpath(folder).catch((error: unknown) => {
    if (!hasCode(error, "ENOENT")) throw error;
    throw new BerthError("input.invalid", `There is no folder ${folder}.`);
  });
  if (!(await stat(path)).isDirectory()) throw new BerthError("input.invalid", `${folder} is not a folder.`);
  const home = await realpath(homeFolder).catch(() => homeFolder);
  if (path !== "/" && path !== home) return;
  throw new BerthError("input.invalid", `${path} would be deployed as a whole.`, {
    hint: "Go to the folder of your app, or name it: berth deploy <folder>",
  });
}
