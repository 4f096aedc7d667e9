import { createHash } from "node:crypto";
import type { BuildStep } from "@berth/core";
import { cacheFoldersOf, folderCachesOf } from "../build/caches.ts";
import type { CacheFolders } from "../build/caches.ts";
import type { PlaceSpec } from "../build/executor.ts";
import type { MountedVolume } from "./container.ts";

/** Where caches lie in a container. */
export const containerCaches: CacheFolders = { shared: "/berth-cache/shared", service: "/berth-cache/service" };

/** Where tools lie that the image lacks. */
export const toolsPath = "/berth-tools";

/** Written by whoever installs tools and by no build: all apps run what lies there. */
export function toolsVolume(installation: string, access: "install" | "use"): MountedVolume {
  return { name: `berth-build-${installation}-tools`, path: toolsPath, readOnly: access === "use" };
}

/** The volumes of the caches that these steps name: one for each package manager, and those of the service itself. */
export function cacheVolumes(
  { steps, service, entries }: Pick<PlaceSpec, "steps" | "service" | "entries">,
  installation: string,
): MountedVolume[] {
  const names = [...new Set(steps.flatMap((step) => step.caches))];
  const id = createHash("sha256").update(service).digest("hex").slice(0, 12);
  const managers = cacheFoldersOf(names, containerCaches).map((path) => {
    const cache = path.slice(path.lastIndexOf("/") + 1);
    const isOfService = path.startsWith(containerCaches.service);
    return { name: `berth-build-${installation}-${isOfService ? `${id}-` : ""}${cache}`, path, readOnly: false };
  });
  // A file or a link of the source that stands in the way of the folder comes first: nothing can be mounted behind it.
  const isFree = (folder: string) => !entries.some(({ path }) => folder === path || folder.startsWith(`${path}/`));
  const free = folderCachesOf(names).filter(({ folder }) => isFree(folder));
  const folders = free.map(({ name, folder }) => {
    return { name: `berth-build-${installation}-${id}-${name}`, path: `/app/${folder}`, readOnly: false };
  });
  return [...managers, ...folders];
}

/** The folders of the app that are caches, and no part of a layer. */
export function cachesInApp(steps: readonly BuildStep[]): string[] {
  return folderCachesOf(steps.flatMap((step) => step.caches)).map(({ folder }) => folder);
}
