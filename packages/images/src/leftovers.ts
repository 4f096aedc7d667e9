import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Log } from "@berth/core";
import type { ImagePaths } from "./layout/paths.ts";
import { draftPrefix } from "./unpack/unpack.ts";
import type { ImagesWorker } from "./worker/client.ts";

export interface LeftoversDeps {
  paths: ImagePaths;
  worker: ImagesWorker;
  bootId: string;
  log: Log;
  closing: AbortSignal;
}

/** Removes what a crash left half-made, or may have left incomplete; each has a name of its own, so nothing has to wait for it. */
export async function removeLeftovers(deps: LeftoversDeps): Promise<void> {
  const { paths, worker, log, closing } = deps;
  await dropArchivesOfOtherBoot(paths, deps.bootId);
  const contents = join(paths.pool, "drafts");
  const copies = (await readdir(paths.unpacked)).filter((name) => name.startsWith(draftPrefix));
  const left = [
    ...copies.map((name) => join(paths.unpacked, name)),
    ...(await readdir(paths.drafts)).map((name) => join(paths.drafts, name)),
    ...(await readdir(contents)).map((name) => join(contents, name)),
  ];
  for (const path of left) {
    worker.call("remove", [path]).catch((error: unknown) => {
      if (!closing.aborted) log.warn({ path, error }, "What a crash left could not be removed");
    });
  }
}

/** Archives are never flushed to the disk: what was not written down when the machine stopped is lost, and none can tell whether it is whole. */
async function dropArchivesOfOtherBoot(paths: ImagePaths, bootId: string): Promise<void> {
  const note = `${paths.archives}.boot`;
  if ((await readText(note)) === bootId) return;
  // At the first start there is nothing to be cleared away, and no thread is started for it.
  if ((await readdir(paths.archives)).length > 0) {
    // The drafts are cleared away next.
    await rename(paths.archives, join(paths.drafts, randomBytes(8).toString("hex")));
    await mkdir(paths.archives);
  }
  await writeFile(note, bootId);
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
