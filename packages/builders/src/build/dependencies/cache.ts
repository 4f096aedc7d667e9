import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import type { Images, Layer } from "@berth/images";

/** A dependency layer that was made before. */
export interface CachedDependencies {
  layer: Layer;
  /** Versions of the tools it was made with. */
  tools: Record<string, string>;
  /** What its compiled parts are tied to. */
  abi: Record<string, string>;
}

export interface DependencyCache {
  find(key: string): Promise<CachedDependencies | null>;
  put(key: string, entry: CachedDependencies): Promise<void>;
  /** The layers that are kept for builds to come. */
  layers(): Promise<Digest[]>;
  /** Forgets what was not used since `before` (ms since the epoch). */
  prune(before: number): Promise<void>;
}

/** The table of dependency layers by key: a small file for each, whose time says when it was last used. */
export function makeDependencyCache(folder: string, images: Images, now: () => number): DependencyCache {
  const pathOf = (key: string) => join(folder, `${key}.json`);

  async function read(path: string): Promise<CachedDependencies | null> {
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      // Half of a file that the machine lost in a crash is no entry.
      if (hasCode(error, "ENOENT") || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  async function names(): Promise<string[]> {
    await mkdir(folder, { recursive: true });
    return (await readdir(folder)).filter((name) => name.endsWith(".json"));
  }

  return {
    async find(key) {
      const found = await read(pathOf(key));
      if (found === null || !(await images.hasLayer(found.layer.digest))) return null;
      await utimes(pathOf(key), now() / 1000, now() / 1000);
      return found;
    },
    async put(key, entry) {
      await mkdir(folder, { recursive: true });
      const draft = `${pathOf(key)}.draft`;
      await writeFile(draft, JSON.stringify(entry));
      await rename(draft, pathOf(key));
    },
    async layers() {
      const entries = await Promise.all((await names()).map((name) => read(join(folder, name))));
      return entries.flatMap((entry) => (entry === null ? [] : [entry.layer.digest]));
    },
    async prune(before) {
      for (const name of await names()) {
        const path = join(folder, name);
        if ((await stat(path)).mtimeMs < before) await rm(path, { force: true });
      }
    },
  };
}
