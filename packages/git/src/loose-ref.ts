import { access, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { keepsFiles, listRefs } from "./packed-refs.ts";

// What git does with a ref in a file of its own, done here: to start git for it would hold up every request for as long as the
// system takes to copy a server's process, just when a deploy or a rollback has become live.
// Source: git's Documentation/gitrepository-layout and refs/files-backend.c.

/** The commit that such a ref is at, which stands above a packed one; null where it has no file, or one that only git understands. */
export async function readLoose(repository: string, ref: string): Promise<string | null> {
  const text = await readFile(join(repository, ref), "latin1").catch(() => "");
  return /^([\da-f]{40}|[\da-f]{64})\n$/.exec(text)?.[1] ?? null;
}

/**
 * Moves a ref that has a file to a commit that has one, under git's own lock and safe on the disk. False where it is not as
 * simple as that, or git holds the lock: then nothing was done.
 */
export async function replaceLoose(repository: string, ref: string, commit: string): Promise<boolean> {
  if ((await readLoose(repository, ref)) === null) return false;
  return await write(repository, ref, commit);
}

/** Makes a ref that is not there, with a file of its own, likewise. Nobody else may make refs beside it meanwhile. */
export async function createLoose(repository: string, ref: string, commit: string): Promise<boolean> {
  if (!(await keepsFiles(repository))) return false;
  const below = "refs/";
  const name = ref.slice(below.length);
  const others = await listRefs(repository, below);
  if (others.some((other) => other === name || other.startsWith(`${name}/`) || name.startsWith(`${other}/`)))
    return false;
  try {
    await mkdir(dirname(join(repository, ref)), { recursive: true });
    return await write(repository, ref, commit);
  } catch {
    return false;
  }
}

/** False where nothing was written. */
async function write(repository: string, ref: string, commit: string): Promise<boolean> {
  const isThere = await access(join(repository, "objects", commit.slice(0, 2), commit.slice(2))).then(
    () => true,
    () => false,
  );
  if (!isThere) return false;
  const file = join(repository, ref);
  const lock = `${file}.lock`;
  const handle = await open(lock, "wx", 0o644).catch(() => null);
  if (handle === null) return false;
  try {
    await handle.writeFile(`${commit}\n`);
    await handle.datasync();
    await handle.close();
    await rename(lock, file);
    return true;
  } catch {
    await handle.close().catch(() => undefined);
    await rm(lock, { force: true });
    return false;
  }
}
