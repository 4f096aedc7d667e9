import type { BuildStep, Finding, TreeView } from "@berth/core";
import { installTimeoutMs } from "../../stack.ts";
import type { DenoConfig } from "./config.ts";

/** Where packages and modules lie: Deno's own folder, below the app's. */
export const denoFolder = ".berth/deno";

export interface DenoInstallation {
  steps: BuildStep[];
  /** The folders of the dependency layer. */
  folders: string[];
  findings: Finding[];
}

/** What Deno notes down for itself: analyses and compiled code by path, and what a registry answered. No app needs it to run. */
const tidy = `rm -rf ${denoFolder}/*_cache_v* ${denoFolder}/gen && find ${denoFolder} -name registry.json -delete`;
const inline = /(?:from|import)\s*\(?\s*["'](?:https?:|npm:|jsr:)/;

/** Brings what deno.json names in the dependency layer; and, where the source itself names modules by address, those of `entry` with it. */
export function planInstall(tree: TreeView, config: DenoConfig, entry: string | null): DenoInstallation {
  const isLocked = tree.has("deno.lock");
  const files = tree.paths.filter((path) => /(^|\/)(deno\.jsonc?|package\.json|import_map\.json)$/.test(path));
  const inputs = [...files.filter((path) => !path.includes("node_modules/")), ...(isLocked ? ["deno.lock"] : [])];
  const named = tree.paths.find((path) => /\.[mc]?[jt]sx?$/.test(path) && inline.test(tree.read(path) ?? ""));
  const env = { DENO_DIR: denoFolder };
  const brings = named !== undefined && entry !== null;
  const step = (
    name: string,
    layer: BuildStep["layer"],
    command: BuildStep["command"],
    network: boolean,
  ): BuildStep => ({
    name,
    layer,
    inputs: layer === "app" ? "all" : inputs,
    command,
    env,
    caches: [],
    network,
    timeoutMs: installTimeoutMs,
  });
  const install =
    config.file === null && !tree.has("package.json") ? [] : ["deno", "install", ...(isLocked ? ["--frozen"] : [])];
  return {
    steps: [
      ...(install.length === 0
        ? []
        : [
            step("install", "dependencies", { argv: install }, true),
            step("tidy", "dependencies", { shell: tidy }, false),
          ]),
      ...(brings
        ? [
            step("modules", "app", { argv: ["deno", "cache", entry] }, true),
            step("tidy modules", "app", { shell: tidy }, false),
          ]
        : []),
    ],
    folders: install.length === 0 ? [] : [denoFolder, ...(config.hasNodeModules ? ["node_modules"] : [])],
    findings: [
      ...(isLocked
        ? []
        : [
            {
              what: "no deno.lock: versions may differ from build to build; commit one",
              from: config.file ?? "deno.json",
            },
          ]),
      ...(brings ? [{ what: "modules that the source names by address are brought in each build", from: named }] : []),
    ],
  };
}
