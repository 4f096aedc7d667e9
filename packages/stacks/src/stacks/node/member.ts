import type { BuildPlan, BuildStep, Finding, TreeView } from "@berth/core";
import { inFolder } from "../../in-folder.ts";
import { buildTimeoutMs, type Workspace } from "../../stack.ts";
import { emptyManifest, readManifest, type Manifest } from "./manifest.ts";
import type { PackageManager } from "./package-manager.ts";
import type { Start } from "./start.ts";

/** Builds of the members that one depends on, each before what needs it. */
export function siblingBuilds(
  workspace: Workspace,
  manager: PackageManager,
): { steps: BuildStep[]; findings: Finding[] } {
  const built = workspace.needed.filter((folder) => manifestIn(workspace.root, folder).scripts["build"] !== undefined);
  return {
    steps: built.map((folder) => ({
      name: `build ${folder}`,
      layer: "app",
      inputs: "all",
      command: inFolder({ argv: [manager.name, "run", "build"] }, folder),
      env: {},
      caches: [manager.name],
      network: true,
      timeoutMs: buildTimeoutMs,
    })),
    findings: built.map((folder) => ({ what: "is built first", from: `${folder}/package.json scripts.build` })),
  };
}

/** A site of the member, by its folder in the workspace. */
export function startInFolder(start: Start, folder: string): Start {
  if (start.runs.kind !== "site") return start;
  const { site } = start.runs;
  const below = site.folder === "." ? folder : `${folder}/${site.folder}`;
  return { ...start, runs: { kind: "site", site: { ...site, folder: below } } };
}

/** A plan that was made for the member's folder, as it is for the workspace's root. */
export function planInFolder(plan: BuildPlan, folder: string, isSite: boolean): BuildPlan {
  return {
    ...plan,
    command: isSite ? plan.command : inFolder(plan.command, folder),
    programs: [`${folder}/node_modules/.bin`, "node_modules/.bin"],
    writable: plan.writable.map((path) => `${folder}/${path}`),
  };
}

function manifestIn(root: TreeView, folder: string): Manifest {
  const read = readManifest(root, `${folder}/package.json`);
  return read.ok ? read.manifest : emptyManifest;
}
