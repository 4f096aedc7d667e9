import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isLink } from "../is-link.ts";
import { newerVersion, readNativeNeeds } from "./elf.ts";

/** What is compiled among the files of a folder. */
export interface NativeFiles {
  /** The highest version of glibc that one of them needs. */
  glibc: string | null;
  musl: boolean;
  /** There are extensions of Node. */
  node: boolean;
}

/** Compiled files have these endings, or none; what is written for people and interpreters has others. */
const compiled = /\.(node|so|bin)$|\.so\.[\d.]+$|^[^.]+$/;

/** Looks for compiled files below these paths of a folder, and for what they need. What lies in `unseen` folders runs nowhere but in the build. */
export async function findNative(
  folder: string,
  paths: readonly string[],
  signal: AbortSignal,
  unseen: readonly string[] = [],
): Promise<NativeFiles> {
  const found: NativeFiles = { glibc: null, musl: false, node: false };
  const look = async (path: string): Promise<void> => {
    signal.throwIfAborted();
    if (unseen.some((name) => path === join(folder, name))) return;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
    if (entries === null) return inspect(path, found);
    for (const entry of entries) {
      if (entry.isDirectory()) await look(join(path, entry.name));
      else if (entry.isFile() && compiled.test(entry.name)) await inspect(join(path, entry.name), found);
    }
  };
  // A step may have made a link of what it was to make: what that leads to is not what is packed.
  for (const path of paths) if (!(await isLink(join(folder, path)))) await look(join(folder, path));
  return found;
}

async function inspect(path: string, found: NativeFiles): Promise<void> {
  const file = await open(path).catch(() => null);
  if (file === null) return;
  try {
    const needs = await readNativeNeeds(file);
    if (needs === null) return;
    found.glibc = newerVersion(found.glibc, needs.glibc);
    found.musl ||= needs.musl;
    found.node ||= path.endsWith(".node");
  } finally {
    await file.close();
  }
}
