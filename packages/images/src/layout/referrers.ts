import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Digest } from "@berth/core";
import { hexOf } from "./paths.ts";
import type { ImagePaths } from "./paths.ts";
import { syncFolder } from "./sync-folder.ts";

/** Which manifests refer to an image (its provenance, its bill of materials): an empty file for each, in a folder for each image. */
export interface Referrers {
  /** Notes that a manifest, which is in the layout, refers to a subject. */
  add(subject: Digest, manifest: Digest): Promise<void>;
  list(subject: Digest): Promise<Digest[]>;
  remove(subject: Digest, manifest: Digest): Promise<void>;
  /** Forgets all that refer to a subject. */
  removeAll(subject: Digest): Promise<void>;
}

export function makeReferrers(paths: ImagePaths): Referrers {
  const folderOf = (subject: Digest) => join(paths.referrers, hexOf(subject));

  return {
    async add(subject, manifest) {
      const folder = folderOf(subject);
      const made = await mkdir(folder, { recursive: true });
      await (await open(join(folder, hexOf(manifest)), "a", 0o644)).close();
      await syncFolder(folder);
      if (made !== undefined) await syncFolder(paths.referrers);
    },
    async list(subject) {
      try {
        return (await readdir(folderOf(subject))).sort().map((hex): Digest => `sha256:${hex}`);
      } catch (error) {
        if (hasCode(error, "ENOENT")) return [];
        throw error;
      }
    },
    remove: (subject, manifest) => rm(join(folderOf(subject), hexOf(manifest)), { force: true }),
    removeAll: (subject) => rm(folderOf(subject), { recursive: true, force: true }),
  };
}
