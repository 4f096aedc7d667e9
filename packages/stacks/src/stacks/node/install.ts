import type { BuildStep, Finding, TreeView } from "@berth/core";
import { installTimeoutMs } from "../../stack.ts";
import type { Manifest } from "./manifest.ts";
import { isBerry, type PackageManager } from "./package-manager.ts";

/** How the dependencies come to be, and where they lie. */
export interface Installation {
  steps: BuildStep[];
  /** The folders of the dependency layer. */
  folders: string[];
  findings: Finding[];
}

/** Beside manifests and lockfile, what decides about an installation where it is there; folders end in a slash. */
const configuration = [
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".yarn/cache/",
  ".yarn/patches/",
  ".yarn/plugins/",
  ".yarn/releases/",
  ".pnpmfile.cjs",
  ".pnpmfile.mjs",
  "bunfig.toml",
  "patches/",
  "pnpm-workspace.yaml",
  // Prisma's packages generate their client when they are installed.
  "prisma/",
  "prisma.config.ts",
];

/** Scripts that package managers run while they install. */
const lifecycle = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];
/** Such scripts that need nothing of the source but what the step sees anyway. */
const harmless =
  /^(husky( install)?|lefthook install|simple-git-hooks|patch-package|is-ci \|\| husky( install)?|husky( install)? \|\| (true|exit 0))$/;

export function planInstall(
  tree: TreeView,
  manifest: Manifest,
  manager: PackageManager,
  nested: Map<string, Manifest>,
): Installation {
  const manifests = [manifest, ...nested.values()];
  const script = manifests.flatMap(installScripts)[0];
  if (manifests.every(({ dependencies }) => Object.keys(dependencies).length === 0) && script === undefined) {
    return { steps: [], folders: [], findings: [{ what: "no dependencies", from: "package.json" }] };
  }
  const seesAll = script !== undefined;
  const step: BuildStep = {
    name: "install",
    layer: seesAll ? "app" : "dependencies",
    inputs: seesAll ? "all" : inputs(tree, manifest, manager, nested),
    command: { argv: installArgv(manager) },
    env: isBerry(manager) ? { YARN_ENABLE_TELEMETRY: "0", YARN_NODE_LINKER: "node-modules" } : {},
    caches: [manager.name],
    network: true,
    timeoutMs: installTimeoutMs,
  };
  const folders = ["node_modules", ...[...nested.keys()].map((path) => path.replace(/package\.json$/, "node_modules"))];
  return {
    steps: [step],
    folders: seesAll ? [] : folders,
    findings: [
      ...(manager.lockfile === null
        ? [
            {
              what: `no lockfile of ${manager.name}: versions may differ from build to build; commit one`,
              from: "package.json",
            },
          ]
        : []),
      ...(seesAll
        ? [
            {
              what: `dependencies are installed in each build, for ${script} may read the source`,
              from: "package.json",
            },
          ]
        : []),
    ],
  };
}

function installScripts({ scripts }: Manifest): string[] {
  return lifecycle
    .filter((name) => scripts[name] !== undefined && !harmless.test(scripts[name].trim()))
    .map((name) => `scripts.${name}`);
}

function installArgv(manager: PackageManager): string[] {
  const isLocked = manager.lockfile !== null;
  switch (manager.name) {
    case "npm":
      return isLocked ? ["npm", "ci"] : ["npm", "install"];
    case "pnpm":
      return ["pnpm", "install", isLocked ? "--frozen-lockfile" : "--no-frozen-lockfile"];
    case "yarn":
      if (isBerry(manager)) return ["yarn", "install", isLocked ? "--immutable" : "--no-immutable"];
      return isLocked ? ["yarn", "install", "--frozen-lockfile"] : ["yarn", "install"];
    case "bun":
      return isLocked ? ["bun", "install", "--frozen-lockfile"] : ["bun", "install"];
  }
}

function inputs(tree: TreeView, manifest: Manifest, manager: PackageManager, nested: Map<string, Manifest>): string[] {
  const local = [manifest, ...nested.values()].flatMap((each) => [...localDependencies(each), ...each.patches]);
  const candidates = ["package.json", manager.lockfile ?? "", ...configuration, ...nested.keys(), ...local];
  const present = candidates.flatMap((path) => {
    const folder = path.endsWith("/") ? path : `${path}/`;
    if (tree.has(path)) return [path];
    return path !== "" && tree.paths.some((file) => file.startsWith(folder)) ? [folder] : [];
  });
  return [...new Set(present)].toSorted();
}

/** Dependencies that are a folder or an archive of the repository itself: `file:./lib`, `link:../x`. */
function localDependencies({ dependencies }: Manifest): string[] {
  return Object.values(dependencies).flatMap((range) => {
    const path = /^(?:file|link|portal):(?:\.\/)?(.+)$/.exec(range)?.[1];
    return path === undefined || path.startsWith("/") || path.startsWith("..") ? [] : [path.replace(/\/+$/, "")];
  });
}
