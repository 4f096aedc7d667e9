import { createHash } from "node:crypto";
import type { BuildStep } from "@berth/core";
import { cacheFoldersOf, folderCachesOf } from "../build/caches.ts";
import type { CacheFolders } from "../build/caches.ts";
import type { PlaceSpec } from "../build/executor.ts";
import { toolsPath } from "../build/tools/image-tools.ts";
import type { MountedVolume } from "./container.ts";
import { appLabel } from "./deps.ts";

/** Where caches lie in a container. */
export const containerCaches: CacheFolders = { shared: "/berth-cache/shared", service: "/berth-cache/service" };

/** Written by whoever installs tools and by no build: all apps run what lies there. */
export function toolsVolume(installation: string, access: "install" | "use"): MountedVolume {
  return { name: `berth-build-${installation}-tools`, path: toolsPath, readOnly: access === "use", labels: {} };
}

/**
 * The volumes of the caches that these steps name: one of the app for each package manager, and those of the service itself.
 * Apps share none: most package managers trust what lies in their cache, so one app could put code into another's build.
 */
export function cacheVolumes(
  { steps, app, service, entries }: Pick<PlaceSpec, "steps" | "app" | "service" | "entries">,
  installation: string,
): MountedVolume[] {
  const names = [...new Set(steps.flatMap((step) => step.caches))];
  const volume = (owner: string, cache: string, path: string): MountedVolume => ({
    name: `berth-build-${installation}-${shortHash(owner)}-${cache}`,
    path,
    readOnly: false,
    labels: { [appLabel]: app },
  });
  const managers = cacheFoldersOf(names, containerCaches).map((path) => {
    const isOfService = path.startsWith(containerCaches.service);
    return volume(isOfService ? service : app, path.slice(path.lastIndexOf("/") + 1), path);
  });
  // A file or a link of the source that stands in the way of the folder comes first: nothing can be mounted behind it.
  const isFree = (folder: string) => !entries.some(({ path }) => folder === path || folder.startsWith(`${path}/`));
  const free = folderCachesOf(names).filter(({ folder }) => isFree(folder));
  return [...managers, ...free.map(({ name, folder }) => volume(service, name, `/app/${folder}`))];
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The folders of the app that are caches, and no part of a layer. */
export function cachesInApp(steps: readonly BuildStep[]): string[] {
  return folderCachesOf(steps.flatMap((step) => step.caches)).map(({ folder }) => folder);
}
