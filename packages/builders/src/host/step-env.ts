import { join } from "node:path";
import type { BuildStep } from "@berth/core";
import type { Machine } from "./deps.ts";
import type { Toolbox } from "./tools/toolbox.ts";

/** What tells each package manager where its downloads are kept, below a folder that all apps share. */
const cacheVariables: Record<string, (folder: string) => Record<string, string>> = {
  npm: (folder) => ({ npm_config_cache: folder }),
  // Files are copied out of the store: a build that changed a hard link would change the store itself.
  pnpm: (folder) => ({
    npm_config_store_dir: join(folder, "store"),
    pnpm_config_store_dir: join(folder, "store"),
    npm_config_cache_dir: join(folder, "metadata"),
    pnpm_config_cache_dir: join(folder, "metadata"),
    npm_config_package_import_method: "clone-or-copy",
    pnpm_config_package_import_method: "clone-or-copy",
  }),
  yarn: (folder) => ({ YARN_CACHE_FOLDER: join(folder, "v1"), YARN_GLOBAL_FOLDER: join(folder, "berry") }),
  bun: (folder) => ({ BUN_INSTALL_CACHE_DIR: folder }),
};

export interface StepPlace {
  /** The folder of the app. */
  folder: string;
  /** A private home folder, gone after the build. */
  homeFolder: string;
  /** Where download caches are, by name. */
  cacheFolder: string;
}

/** The whole environment of a step: nothing of Berth's own is in it. */
export function makeStepEnv(
  step: Pick<BuildStep, "env" | "caches">,
  place: StepPlace,
  toolbox: Toolbox,
  machine: Machine,
  buildEnv: Readonly<Record<string, string>>,
): Record<string, string> {
  const caches = step.caches.map((name) => cacheVariables[name]?.(join(place.cacheFolder, name)) ?? {});
  return {
    ...machine.env,
    LANG: "C.UTF-8",
    CI: "1",
    HOME: place.homeFolder,
    TMPDIR: join(place.homeFolder, "tmp"),
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    npm_config_audit: "false",
    npm_config_logs_max: "0",
    COREPACK_ENABLE_STRICT: "0",
    ...Object.assign({}, ...caches),
    ...step.env,
    ...buildEnv,
    PATH: [join(place.folder, "node_modules", ".bin"), toolbox.bin, machine.path].join(":"),
  };
}
