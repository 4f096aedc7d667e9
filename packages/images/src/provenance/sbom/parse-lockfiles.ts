import { posix } from "node:path";
import { byPackage } from "./by-package.ts";
import type { FoundPackage } from "./by-package.ts";
import type { LockedPackage } from "./locked-package.ts";
import { lockfiles } from "./lockfiles.ts";

/** A lockfile as it is handed to whoever parses it: plain data, for it may go to another thread. */
export interface LockfileText {
  path: string;
  text: string;
  /** Texts of the files it is read with, by their paths in the source. */
  beside: Readonly<Record<string, string>>;
}

export interface ParsedLockfiles {
  /** Each package once, sorted. */
  packages: FoundPackage[];
  /** Lockfiles that could not be read, each with why. */
  unread: { path: string; reason: string }[];
}

/** The packages of all lockfiles. One that cannot be read is told, and the others count. */
export async function parseLockfiles(texts: readonly LockfileText[]): Promise<ParsedLockfiles> {
  const unread: ParsedLockfiles["unread"] = [];
  const found: { locked: LockedPackage; path: string }[] = [];
  for (const { path, text, beside } of texts) {
    const kind = lockfiles.find(({ name }) => name === posix.basename(path));
    const folder = posix.dirname(path);
    try {
      const packages = (await kind?.parse(text, (name) => beside[posix.join(folder, name)])) ?? [];
      for (const locked of packages) found.push({ locked, path });
    } catch (error) {
      unread.push({ path, reason: error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error) });
    }
  }
  return { packages: byPackage(found), unread };
}
