import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "@berth/core";
import { writeDurably } from "../../layout/blobs.ts";
import { syncFolder } from "../../layout/sync-folder.ts";

/** Small texts by name, each a file of one folder: what is there is whole and safe on the disk. Names are file names. */
export interface Facts {
  read(name: string): Promise<string | null>;
  /** Writes it, and notes that it is used at this moment (ms since the epoch). */
  write(name: string, text: string, now: number): Promise<void>;
  /** Notes that it is used; false where there is none. */
  touch(name: string, now: number): Promise<boolean>;
  /** When it was last used, in ms since the epoch; null where there is none. */
  usedAt(name: string): Promise<number | null>;
  /** False where there was none. */
  remove(name: string): Promise<boolean>;
  /** In no order. */
  list(): Promise<string[]>;
}

/** The facts of a folder, which is made with the first. `drafts` is a folder of the same file system. */
export function makeFacts(folder: string, drafts: string): Facts {
  const pathOf = (name: string) => join(folder, name);

  const touch = (name: string, now: number) =>
    unlessMissing(false, async () => {
      await utimes(pathOf(name), now / 1000, now / 1000);
      return true;
    });

  return {
    read: (name) => unlessMissing(null, () => readFile(pathOf(name), "utf8")),
    async write(name, text, now) {
      await makeFolder(folder);
      await writeDurably(pathOf(name), folder, drafts, text);
      await touch(name, now);
    },
    touch,
    usedAt: (name) => unlessMissing(null, async () => (await stat(pathOf(name))).mtimeMs),
    remove: (name) =>
      unlessMissing(false, async () => {
        await rm(pathOf(name));
        await syncFolder(folder);
        return true;
      }),
    list: () => listFolder(folder),
  };
}

/** The names in a folder; none where it is not there. */
export function listFolder(folder: string): Promise<string[]> {
  return unlessMissing([], () => readdir(folder));
}

/** Makes a folder that lasts, with those above it. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function unlessMissing<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return otherwise;
    throw error;
  }
}
