import { commandFromText, ownCommand, type BuildPlan, type BuildStep, type Finding, type TreeView } from "@berth/core";
import { buildTimeoutMs, refuse, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { planAssets, runsNode } from "../node/assets.ts";
import { readComposer, type Composer } from "./composer.ts";
import { extensionFindings } from "./extensions.ts";
import { findFramework } from "./frameworks.ts";
import { planInstall } from "./install.ts";
import { findPhpVersion, readVersion } from "./php-version.ts";

const readAtRoot = /^(composer\.(json|lock)|\.php-version|\.tool-versions|\.?mise\.toml|\.env\.example)$/;

/**
 * Programs in PHP: an application behind its index.php, or a folder of scripts.
 *
 * They are served by Apache with PHP inside (`php:<version>-apache`): one tree of processes that reads .htaccess files, which ordinary
 * PHP applications count on, runs as any user on a read-only disk, and is what PHP's official image is made for. FrankenPHP would be
 * faster, but its program carries a file capability and does not start where all capabilities are dropped; php-fpm needs a second
 * server; PHP's own server is for development. That one is the way out where a machine has PHP and no Apache: a few processes that take
 * one request each.
 */
export const php: Stack = {
  name: "php",
  reads: (path) => readAtRoot.test(path),
  detect,
  plan: planPhp,
  command: (text) => commandFromText(text),
};

/** Where index.php may be, likeliest first. */
const publicFolders = ["public", "web", "webroot", "public_html", "htdocs", "www", "."];

function detect(tree: TreeView): Finding | null {
  if (tree.has("composer.json")) return { what: "PHP", from: "composer.json" };
  const index = publicFolders.map((folder) => indexOf(folder)).find((path) => tree.has(path));
  return index === undefined ? null : { what: "PHP", from: index };
}

function planPhp(tree: TreeView, hints: Hints): StackResult {
  const read = readComposer(tree);
  if (!read.ok) return read;
  const { composer } = read;
  if (hints.version !== null && readVersion(hints.version) === null)
    return refuse(
      `${JSON.stringify(hints.version)} is no version of PHP.`,
      "berth.yaml",
      "Write it as in `version: 8.3` or `version: 8.3.12`.",
    );
  const { version, findings } = findPhpVersion(tree, composer, hints.version);
  const framework = findFramework(tree, composer);
  const folder = hints.output ?? publicFolder(tree, composer);
  if (folder === null && hints.commandFrom === null)
    return refuse(
      "There is no index.php.",
      tree.has("composer.json") ? "composer.json" : null,
      "Name the folder that it is in with `output:` in berth.yaml, or say what starts with `command:`, such as `php worker.php`.",
    );
  const base = `php:${version}-apache`;
  const installation = planInstall(tree, composer, framework);
  const assets = planAssets(tree, { always: runsNode(hints.build), libc: "musl" });
  const app = installation.steps.filter(({ layer }) => layer === "app");
  const builds = hints.build === null ? assets.build : [buildStep(hints.build)];
  const found: Finding =
    hints.commandFrom === null
      ? {
          what: `${framework?.name ?? "PHP"} served from ${folder}`,
          from: hints.output === null ? indexOf(folder ?? ".") : "berth.yaml output",
        }
      : { what: ownCommand, from: hints.commandFrom };
  return {
    ok: true,
    plan: {
      stack: "php",
      findings: [
        ...findings,
        ...installation.findings,
        ...(composer === null ? [] : extensionFindings(composer, base)),
        ...assets.findings,
        ...(hints.build === null ? [] : [{ what: "a build", from: "berth.yaml build" }]),
        found,
        ...(framework?.findings ?? []),
      ],
      tools: { php: version, ...(composer === null ? {} : { composer: "2" }), ...assets.tools },
      steps: [
        ...assets.install.filter(({ layer }) => layer !== "app"),
        ...installation.steps.filter(({ layer }) => layer !== "app"),
        ...assets.install.filter(({ layer }) => layer === "app"),
        ...app,
        ...builds,
      ],
      dockerfile: null,
      ...running(base, folder, hints),
      ...assets.image,
      contents: {
        dependencies: installation.folders,
        app: "all",
        support: hints.commandFrom === null ? ["php-server"] : [],
      },
      env: framework?.env ?? {},
      writable: framework?.writable ?? [],
    },
  };
}

function running(
  base: string,
  folder: string | null,
  hints: Hints,
): Pick<BuildPlan, "base" | "buildImage" | "command" | "programs"> {
  const serve = ["sh", "../berth/php-server/serve.sh", folder ?? "."];
  return {
    base: { image: `docker.io/library/${base}`, digest: null },
    // It has PHP, git and unzip beside Composer, and musl; which version of PHP installs packages makes no difference to them.
    buildImage: { image: "docker.io/library/composer:2", digest: null },
    command: { argv: hints.commandFrom === null ? serve : [] },
    programs: ["vendor/bin"],
  };
}

function publicFolder(tree: TreeView, composer: Composer | null): string | null {
  const named = composer?.publicFolder ?? null;
  const folders = named === null ? publicFolders : [named, ...publicFolders];
  return folders.find((folder) => tree.has(indexOf(folder))) ?? null;
}

function indexOf(folder: string): string {
  return folder === "." ? "index.php" : `${folder}/index.php`;
}

function buildStep(text: string): BuildStep {
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    command: commandFromText(text),
    env: {},
    caches: ["composer"],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
}
