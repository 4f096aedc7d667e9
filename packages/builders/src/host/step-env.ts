import { join } from "node:path";
import type { BuildStep } from "@berth/core";
import { cacheEnvAt } from "../build/caches.ts";
import type { CacheFolders } from "../build/caches.ts";
import { plainEnv } from "../build/plain-env.ts";
import type { Machine } from "./deps.ts";
import type { Toolbox } from "./tools/toolbox.ts";

export interface StepFolders {
  /** The folder of the app. */
  folder: string;
  /** A private home folder, gone after the build. */
  homeFolder: string;
  caches: CacheFolders;
}

/** The whole environment of a step: nothing of Berth's own is in it. */
export function makeStepEnv(
  step: Pick<BuildStep, "env" | "caches">,
  { folder, homeFolder, caches }: StepFolders,
  programs: readonly string[],
  toolbox: Toolbox,
  machine: Machine,
  declared: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = programs.map((program) => join(folder, program));
  return {
    ...plainEnv,
    ...machine.env,
    HOME: homeFolder,
    TMPDIR: join(homeFolder, "tmp"),
    ...toolbox.env,
    ...cacheEnvAt(step.caches, caches, homeFolder),
    ...step.env,
    ...declared,
    PATH: [...own, toolbox.bin, ...toolbox.folders, machine.path].join(":"),
  };
}
