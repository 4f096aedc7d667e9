import type { TreeView } from "@berth/core";
import { configFolder, configText, optionFolder, siteIn, type Outcome, type Project } from "./framework.ts";
import type { Manifest } from "./manifest.ts";

/** Vite builds a site: of one page that routes in the browser, or of several where there are more pages than its index.html. */
export function viteOutcome({ tree, build }: Project): Outcome {
  const config = configText(tree, "vite.config");
  const folder = optionFolder(build, "--outDir") ?? configFolder(config, "outDir") ?? "dist";
  const pages = tree.paths.filter(
    (path) => path.endsWith(".html") && !/(^|\/)(public|test|tests|coverage|docs)\//.test(path),
  );
  const isSeveral = /\bappType\s*:\s*["'`](mpa|custom)["'`]/.test(config) || pages.length > 1;
  return siteIn(folder, isSeveral ? null : "index.html");
}

/** Whether Vite builds the project, rather than being there for its tests only. */
export function isViteProject(tree: TreeView, { scripts }: Manifest): boolean {
  const usesVite = ["start", "build"].some((name) => /\bvite\b/.test(scripts[name] ?? ""));
  return usesVite || tree.has("index.html") || configText(tree, "vite.config") !== "" || scripts["build"] !== undefined;
}
