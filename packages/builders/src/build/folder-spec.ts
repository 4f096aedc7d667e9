import { join } from "node:path";
import { appFolder } from "@berth/images";
import type { FolderLayerSpec } from "@berth/images";
import type { Collected } from "./executor.ts";

/** What a layer takes of a folder that stands for the app's; paths are relative to it. */
export function makeFolderSpec(
  { folder, seenAs }: Pick<Collected, "folder" | "seenAs">,
  paths: readonly string[],
  exclude: readonly string[],
): FolderLayerSpec {
  const sources = paths.map((path) =>
    path === "." ? { host: folder, path: appFolder } : { host: join(folder, path), path: `${appFolder}/${path}` },
  );
  return { root: folder, seenAs, sources, exclude: exclude.map((path) => `${appFolder}/${path}`) };
}
