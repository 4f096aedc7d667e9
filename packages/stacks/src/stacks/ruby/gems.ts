import type { TreeView } from "@berth/core";

/** What the Gemfile and its lockfile say. */
export interface Gems {
  /** `Gemfile`, or `gems.rb`. */
  file: string;
  /** Its lockfile; null where there is none. */
  lockfile: string | null;
  /** Gems by name with the locked version; null where none is locked. */
  versions: Map<string, string | null>;
  /** Platforms that the lockfile is made for. */
  platforms: string[];
  /** The text of the Gemfile, without comments. */
  text: string;
}

/** Reads the Gemfile and what is locked; null where there is none. */
export function readGems(tree: TreeView): Gems | null {
  const file = ["Gemfile", "gems.rb"].find((path) => tree.has(path));
  if (file === undefined) return null;
  const lockfile = file === "Gemfile" ? "Gemfile.lock" : "gems.locked";
  const text = (tree.read(file) ?? "").replace(/^\s*#.*$/gm, "");
  const locked = tree.read(lockfile) ?? "";
  const versions = new Map<string, string | null>();
  for (const match of text.matchAll(/^\s*gem[ (]\s*["']([\w.-]+)["']/gm)) versions.set(match[1] ?? "", null);
  // Four spaces: a gem; six would be what it depends on. A gem may be locked for several platforms.
  for (const match of locked.matchAll(/^ {4}([\w.-]+) \(([\w.]+)[^)]*\)$/gm))
    versions.set(match[1] ?? "", match[2] ?? null);
  const platforms = /^PLATFORMS\n((?: {2}.+\n?)+)/m.exec(locked)?.[1] ?? "";
  return {
    file,
    lockfile: tree.has(lockfile) ? lockfile : null,
    versions,
    platforms: platforms.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])),
    text,
  };
}
