import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";

/** What registered clusters are reached with: files of the server, for their owner alone. Nothing of them is told to anybody. */
export interface KeptFiles {
  /** The kubeconfig of a cluster, a path. */
  kubeconfig(name: string): string;
  /** What its nodes log in to its registry with, `name:password`; null where they need nothing. */
  pullLogin(name: string): Promise<string | null>;
  write(name: string, files: { kubeconfig: string; pullLogin: string | null }): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes what belongs to no cluster: of a registration that did not come to its end. */
  keepOnly(names: readonly string[]): Promise<void>;
}

export function makeKeptFiles(folder: string): KeptFiles {
  const folderOf = (name: string) => join(folder, name);
  const kubeconfig = (name: string) => join(folderOf(name), "kubeconfig");
  const login = (name: string) => join(folderOf(name), "pull-login");
  const remove = (name: string) => rm(folderOf(name), { recursive: true, force: true });
  return {
    kubeconfig,
    async pullLogin(name) {
      try {
        return await readFile(login(name), "utf8");
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    },
    async write(name, files) {
      await remove(name);
      await mkdir(folderOf(name), { recursive: true, mode: 0o700 });
      await writeFile(kubeconfig(name), files.kubeconfig, { mode: 0o600 });
      if (files.pullLogin !== null) await writeFile(login(name), files.pullLogin, { mode: 0o600 });
    },
    remove,
    async keepOnly(names) {
      for (const name of await readdir(folder)) if (!names.includes(name)) await remove(name);
    },
  };
}
