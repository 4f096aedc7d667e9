import { cp, mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "@berth/core";
import type { BuildStep } from "@berth/core";
import type { Images } from "@berth/images";
import { folderCachesOf } from "../build/caches.ts";
import { isLink } from "../build/is-link.ts";

/** Moves the folder caches of a step into the app's folder. One that another build has at the moment is missed. */
export async function bringFolderCaches(step: BuildStep, app: string, kept: string): Promise<void> {
  for (const { name, folder } of folderCachesOf(step.caches)) {
    if (await leadsAway(app, folder)) continue;
    await mkdir(dirname(join(app, folder)), { recursive: true });
    await unlessMissing(move(join(kept, name), join(app, folder)));
  }
}

/** Moves them back, in place of what another build may have brought there meanwhile. */
export async function keepFolderCaches(
  step: BuildStep,
  app: string,
  kept: string,
  images: Pick<Images, "removeFolder">,
): Promise<void> {
  for (const { name, folder } of folderCachesOf(step.caches)) {
    if (await leadsAway(app, folder)) continue;
    await mkdir(kept, { recursive: true });
    await images.removeFolder(join(kept, name));
    await unlessMissing(move(join(app, folder), join(kept, name)));
  }
}

/** Removes them from the app's folder without keeping them: a step that was ended from outside may have left half of something. */
export async function dropFolderCaches(
  step: BuildStep,
  app: string,
  images: Pick<Images, "removeFolder">,
): Promise<void> {
  for (const { folder } of folderCachesOf(step.caches)) {
    if (!(await leadsAway(app, folder))) await images.removeFolder(join(app, folder));
  }
}

/** Whether a link stands in the way: what it leads to is not the app's, and must not be moved or removed. */
async function leadsAway(app: string, folder: string): Promise<boolean> {
  for (let path = folder; path !== "."; path = dirname(path)) if (await isLink(join(app, path))) return true;
  return false;
}

/** Renames a folder; to another disk it is copied, and what stays behind is removed with its place. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, "EXDEV")) throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, errorOnExist: false });
  }
}

async function unlessMissing(moving: Promise<void>): Promise<void> {
  try {
    await moving;
  } catch (error) {
    // Where the source has a folder of this name, its own is what counts.
    if (!hasCode(error, "ENOENT") && !hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
  }
}
