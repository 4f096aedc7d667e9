import type { BuildPlan } from "@berth/core";

/** Folders whose programs run in the build alone: Node's packages, where Node makes the assets of an app in another language. */
export function foldersOfBuild({ toolImages }: Pick<BuildPlan, "toolImages">): string[] {
  return toolImages?.["node"] === undefined ? [] : ["node_modules"];
}
