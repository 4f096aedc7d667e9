import { join } from "node:path";
import { appFolder } from "@berth/images";
import type { FolderLayerSpec } from "@berth/images";

/** What a layer takes of a folder that stands for the app's; paths are relative to it. */
export function makeFolderSpec(folder: string, paths: readonly string[], exclude: readonly string[]): FolderLayerSpec {
  const sources = paths.map((path) =>
    path === "." ? { host: folder, path: appFolder } : { host: join(folder, path), path: `${appFolder}/${path}` },
  );
  return { root: folder, sources, exclude: exclude.map((path) => `${appFolder}/${path}`) };
}
