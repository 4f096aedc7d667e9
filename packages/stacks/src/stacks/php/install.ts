import type { BuildStep, Command, Finding, TreeView } from "@berth/core";
import { buildTimeoutMs, installTimeoutMs } from "../../stack.ts";
import type { Composer } from "./composer.ts";
import type { Framework } from "./frameworks.ts";

/** How the packages come to be, and where they lie. */
export interface PhpInstallation {
  steps: BuildStep[];
  /** The folders of the dependency layer. */
  folders: string[];
  findings: Finding[];
}

/** The platform is that of the image the app runs on, not of the one that Composer runs on. */
const install = [
  "composer",
  "install",
  "--no-dev",
  "--no-progress",
  "--prefer-dist",
  "--no-scripts",
  "--ignore-platform-reqs",
];
/** Names of the autoloader's classes that do not differ from one installation to the next: Composer draws them by lot where nothing says one. */
const fixedNames = "composer config --global autoloader-suffix Berth";
/** Files that decide about an installation beside composer.json and its lockfile. */
const others = ["auth.json", "symfony.lock", "patches.lock.json"];

/**
 * Installs with Composer in the dependency layer. Where the autoloader lists the project's own classes, or scripts follow, it is made
 * again with the source.
 */
export function planInstall(tree: TreeView, composer: Composer | null, framework: Framework | null): PhpInstallation {
  if (composer === null) return { steps: [], folders: [], findings: [] };
  const scripts = ["post-autoload-dump", "pre-autoload-dump"].filter((name) => composer.scripts.has(name));
  const runsScripts = framework?.runsScripts === true && composer.scripts.has("post-install-cmd");
  const withSource = composer.scansSource || scripts.length > 0 || runsScripts;
  const shared = { env: {}, caches: ["composer"], layer: "dependencies" as const, inputs: inputs(tree, composer) };
  const env = framework?.env ?? {};
  const app = (name: string, command: Command, network: boolean): BuildStep => ({
    name,
    layer: "app",
    inputs: "all",
    command,
    env,
    caches: ["composer"],
    network,
    timeoutMs: buildTimeoutMs,
  });
  const check = ["composer", "validate", "--no-check-all", "--no-check-publish", "--no-interaction"];
  return {
    steps: [
      ...(composer.isLocked
        ? [{ ...shared, name: "validate", command: { argv: check }, network: false, timeoutMs: installTimeoutMs }]
        : []),
      {
        ...shared,
        name: "install",
        command: withSource
          ? { argv: [...install, "--no-autoloader"] }
          : { shell: `${fixedNames} && exec ${install.join(" ")} --optimize-autoloader` },
        network: true,
        timeoutMs: installTimeoutMs,
      },
      ...(withSource
        ? [app("autoload", { shell: `${fixedNames} && exec composer dump-autoload --no-dev --optimize` }, false)]
        : []),
      // Importmaps are fetched by it.
      ...(runsScripts
        ? [
            app(
              "scripts",
              { argv: ["composer", "run-script", "--no-dev", "post-install-cmd"] },
              tree.has("importmap.php"),
            ),
          ]
        : []),
    ],
    folders: ["vendor"],
    findings: [
      { what: "Composer", from: composer.isLocked ? "composer.lock" : "composer.json" },
      ...(composer.isLocked
        ? []
        : [
            {
              what: "no lockfile of Composer: versions may differ from build to build; commit one",
              from: "composer.json",
            },
          ]),
    ],
  };
}

function inputs(tree: TreeView, { paths }: Composer): string[] {
  const files = ["composer.json", "composer.lock", ...others].filter((path) => tree.has(path));
  const folders = [...paths.map((path) => path.replace(/^\.\//, "").replace(/\/?\*?$/, "/")), "patches/"];
  const present = folders.filter((folder) => tree.paths.some((path) => path.startsWith(folder)));
  return [...new Set([...files, ...present])].toSorted();
}
