import { join } from "node:path";
import type { BuildStep } from "@berth/core";
import { cacheEnv } from "../build/caches.ts";
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
  const cached = cacheEnv(step.caches, caches);
  return {
    ...plainEnv,
    ...machine.env,
    HOME: homeFolder,
    TMPDIR: join(homeFolder, "tmp"),
    ...toolbox.env,
    ...cached,
    // Java takes the home folder from the user's account, and Maven its settings from there.
    ...(cached["MAVEN_OPTS"] !== undefined && { MAVEN_OPTS: `${cached["MAVEN_OPTS"]} -Duser.home=${homeFolder}` }),
    ...step.env,
    ...declared,
    PATH: [...own, toolbox.bin, ...toolbox.folders, machine.path].join(":"),
  };
}
