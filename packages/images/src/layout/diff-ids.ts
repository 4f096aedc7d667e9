import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { Clock, Digest } from "@berth/core";
import type { Layer } from "../layer/entry.ts";
import { touchBlob } from "./blobs.ts";
import { blobPath, hexOf } from "./paths.ts";
import type { ImagePaths } from "./paths.ts";

/** Which layer has a plain archive, so that what is given as one need not be stored a second time. A cache: what is lost is stored again. */
export interface DiffIds {
  /** A layer with this archive whose blob is there, used now. */
  find(diffId: Digest): Promise<Layer | null>;
  add(layer: Layer): Promise<void>;
  /** Forgets layers whose blob is gone. */
  sweep(): Promise<void>;
}

export function makeDiffIds(paths: ImagePaths, clock: Pick<Clock, "now">, uniqueName: () => string): DiffIds {
  const pathOf = (diffId: Digest) => join(paths.diffIds, hexOf(diffId));

  async function read(path: string): Promise<Layer | null> {
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      if (hasCode(error, "ENOENT") || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  return {
    async find(diffId) {
      const layer = await read(pathOf(diffId));
      return layer !== null && (await touchBlob(paths, layer.digest, clock.now())) ? layer : null;
    },
    async add(layer) {
      const path = pathOf(layer.diffId);
      if ((await read(path))?.digest === layer.digest) return;
      await mkdir(paths.diffIds, { recursive: true });
      const draft = join(paths.drafts, uniqueName());
      try {
        await writeFile(draft, JSON.stringify(layer));
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    async sweep() {
      await mkdir(paths.diffIds, { recursive: true });
      for (const name of await readdir(paths.diffIds)) {
        const path = join(paths.diffIds, name);
        const layer = await read(path);
        if (layer === null || !existsSync(blobPath(paths, layer.digest))) await rm(path, { force: true });
      }
    },
  };
}
