import type { PlanProblem, TreeView } from "@berth/core";
import type { Site } from "../static/serve.ts";
import type { Manifest } from "./manifest.ts";

/** What a framework's build leaves to run. */
export type Outcome =
  | { kind: "site"; site: Site }
  | {
      kind: "server";
      argv: string[];
      env?: Record<string, string>;
      writable?: string[];
      buildEnv?: Record<string, string>;
    }
  | { kind: "problem"; problem: PlanProblem };

export interface Project {
  tree: TreeView;
  manifest: Manifest;
  /** The text of the build, for options such as `--outDir`. */
  build: string;
}

/** A framework that brings its own way to develop and to build. */
export interface Framework {
  name: string;
  /** Any of these among the dependencies. */
  packages: readonly string[];
  /** Start scripts that serve for development only: where one stands, the framework is built and its outcome runs. */
  lies: RegExp;
  /** The build where no script says it, as argv. */
  build: readonly string[];
  outcome(project: Project): Outcome;
}

export function siteIn(folder: string, fallback: string | null = null): Outcome {
  return { kind: "site", site: { folder, fallback, hashedAssets: true } };
}

export function server(...argv: string[]): Outcome {
  return { kind: "server", argv };
}

/** The text of a config file by its name without ending; empty where there is none. Comments are taken out. */
export function configText(tree: TreeView, ...names: string[]): string {
  const endings = ["ts", "js", "mjs", "mts", "cjs", "cts"];
  const file = names.flatMap((name) => endings.map((ending) => `${name}.${ending}`)).find((path) => tree.has(path));
  const text = file === undefined ? "" : (tree.read(file) ?? "");
  return text.replace(/\/\*.*?\*\/|(^|[\s,;{])\/\/[^\n]*/gs, "$1");
}

/** The value of `key: "text"` in a config's text, as a folder without `./` and the last slash. */
export function configFolder(text: string, key: string): string | null {
  const value = new RegExp(`\\b${key}\\s*:\\s*(["'\`])([\\w./-]+)\\1`).exec(text)?.[2];
  return value === undefined ? null : cleanFolder(value);
}

/** The value of `--outDir <folder>` and its like. */
export function optionFolder(text: string, ...options: string[]): string | null {
  const value = new RegExp(`(?:^|\\s)(?:${options.join("|")})[ =]["']?([\\w./-]+)`).exec(text)?.[1];
  return value === undefined ? null : cleanFolder(value);
}

/** Null for a folder outside: it cannot be part of the image. */
function cleanFolder(folder: string): string | null {
  const parts = folder.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") || folder.startsWith("/") ? null : parts.join("/");
}
