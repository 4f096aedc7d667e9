import type { CacheFolders } from "../../build/caches.ts";
import { containerCaches } from "../../docker/volumes.ts";
import { toolsPath } from "../../build/tools/image-tools.ts";
import { controlPath } from "./loop.ts";

/** Where the volumes of a build's pod lie, in the container of the steps and in Berth's own. */
export const layout = {
  steps: {
    app: "/app",
    home: "/berth-home",
    tmp: "/tmp",
    control: controlPath,
    tools: toolsPath,
    /** Of the packages' caches. */
    cache: "/berth-cache",
  },
  berth: {
    app: "/build/app",
    home: "/build/home",
    above: "/build/above",
    control: "/build/control",
    /** The app's cache volume with all that is in it. */
    cache: "/build/cache",
    tmp: "/tmp",
    /** The address of the build and its token. */
    channel: "/build/channel",
  },
} as const;

/** Folders of the cache volume. */
export const cacheFolders = { packages: "packages", tools: "tools", home: "home", compiled: "compiled" } as const;

export const stepCaches: CacheFolders = containerCaches;
