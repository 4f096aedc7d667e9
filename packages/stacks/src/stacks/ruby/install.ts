import type { BuildStep, Finding, TreeView } from "@berth/core";
import { installTimeoutMs } from "../../stack.ts";
import type { Gems } from "./gems.ts";

export const gemsFolder = "vendor/bundle";

/** How the gems come to be, and where they lie. */
export interface RubyInstallation {
  steps: BuildStep[];
  /** The folders of the dependency layer. */
  folders: string[];
  findings: Finding[];
}

/** What tells Bundler where the gems are and which of them are of use: for steps, whose folder has no fixed path, and, from `/app`, for instances. */
export function bundlerEnv(gems: Gems, root: "" | "/app/"): Record<string, string> {
  return {
    BUNDLE_PATH: `${root}${gemsFolder}`,
    BUNDLE_WITHOUT: "development:test",
    // A lockfile that an installation has made is there by the time anything runs.
    ...(gems.lockfile === null && root === "" ? {} : { BUNDLE_DEPLOYMENT: "1" }),
  };
}

/** Installs the gems below the app's folder with Bundler, and removes what is of no use later or differs from one installation to the next. */
export function planInstall(tree: TreeView, gems: Gems): RubyInstallation {
  const local = whyAll(gems);
  const shared = {
    layer: local === null ? ("dependencies" as const) : ("app" as const),
    inputs: local === null ? inputs(tree, gems) : ("all" as const),
    timeoutMs: installTimeoutMs,
  };
  const env = { ...bundlerEnv(gems, ""), BUNDLE_JOBS: "4", BUNDLE_RETRY: "3", BUNDLE_SILENCE_ROOT_WARNING: "1" };
  return {
    steps: [
      { name: "install", command: { argv: ["bundle", "install"] }, env, caches: ["bundler"], network: true, ...shared },
      { name: "tidy", command: { shell: tidy }, env: {}, caches: [], network: false, ...shared },
    ],
    folders: local === null ? [gemsFolder] : [],
    findings: [
      ...(gems.lockfile === null
        ? [
            {
              what: "no lockfile of Bundler: versions may differ from build to build; commit one",
              from: gems.file,
            },
          ]
        : []),
      ...(local === null
        ? []
        : [{ what: `gems are installed in each build, for ${local} is part of them`, from: gems.file }]),
      ...platformFindings(gems),
    ],
  };
}

function whyAll({ text }: Gems): string | null {
  if (/^\s*gemspec\b/m.test(text)) return "the project itself";
  if (/^\s*eval_gemfile\b/m.test(text)) return "another Gemfile";
  return /\bpath[:\s]/.test(text) ? "a gem of the repository" : null;
}

function inputs(tree: TreeView, gems: Gems): string[] {
  const files = [gems.file, gems.lockfile ?? "", ".ruby-version", ".tool-versions", ".bundle/config"];
  const folders = ["vendor/cache/"].filter((folder) => tree.paths.some((path) => path.startsWith(folder)));
  return [...files.filter((path) => tree.has(path)), ...folders].toSorted();
}

/** A lockfile that was made on a Mac and nowhere else refuses to install on Linux: better said before it is tried. */
function platformFindings({ platforms, lockfile }: Gems): Finding[] {
  const fits =
    platforms.length === 0 || platforms.some((platform) => platform === "ruby" || platform.includes("linux"));
  if (fits || lockfile === null) return [];
  const what = `locked for ${platforms.join(", ")} alone: run \`bundle lock --add-platform x86_64-linux\``;
  return [{ what, from: lockfile }];
}

const tidy = [
  `rm -rf ${gemsFolder}/ruby/*/cache`,
  `find ${gemsFolder} \\( -name gem_make.out -o -name mkmf.log -o -name '*.o' \\) -delete`,
  // Where an extension was compiled it leaves the Makefile, which names the folder of the build.
  `find ${gemsFolder} -path '*/ext/*' -name Makefile -delete`,
].join(" && ");
