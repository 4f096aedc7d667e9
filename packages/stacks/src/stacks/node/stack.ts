import type { BuildPlan, BuildStep, Command, Finding, TreeView } from "@berth/core";
import { buildTimeoutMs, refuse, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { inFolder } from "../../in-folder.ts";
import { serveSite } from "../static/serve.ts";
import { planInstall } from "./install.ts";
import { planInFolder, siblingBuilds, startInFolder } from "./member.ts";
import { emptyManifest, readManifest, type Manifest } from "./manifest.ts";
import { nativeFindings } from "./native.ts";
import { findNodeVersion, readVersion } from "./node-version.ts";
import { findPackageManager, type PackageManager } from "./package-manager.ts";
import { nodeCommand } from "./scripts.ts";
import { findStart, type Start } from "./start.ts";
import { nestedManifests, outsideDependency } from "./workspaces.ts";

const readAtRoot =
  /^(package\.json|yarn\.lock|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.nvmrc|\.node-version|\.tool-versions|\.?mise\.toml|angular\.json|nest-cli\.json|tsconfig\.json|prisma\/schema\.prisma|(vite|next|astro|svelte|react-router|vue|webpack)\.[\w.]+)$/;

/** Programs for Node and Bun, and the sites that such programs build. */
export const node: Stack = {
  name: "node",
  reads: (path) => readAtRoot.test(path) || /(^|\/)package\.json$/.test(path),
  detect: (tree) => (tree.has("package.json") ? { what: "Node", from: "package.json" } : null),
  plan: planNode,
  plansMembers: true,
  command(text, tree) {
    const result = readManifest(tree, "package.json");
    return nodeCommand(text, result.ok ? result.manifest : emptyManifest);
  },
};

function planNode(tree: TreeView, hints: Hints): StackResult {
  if (!tree.has("package.json"))
    return refuse(
      "There is no package.json.",
      "package.json",
      "Run `npm init` in the service's folder, or correct `stack:` in berth.yaml.",
    );
  const read = readManifest(tree, "package.json");
  if (!read.ok) return read;
  const { manifest } = read;
  if (hints.version !== null && readVersion(hints.version) === null) {
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Node.`,
      "berth.yaml",
      "Write it as in `version: 22` or `version: 22.11.0`.",
    );
  }
  const { workspace } = hints;
  // A member is installed from the workspace's root, where the lockfile is.
  const base = workspace?.root ?? tree;
  const readBase = workspace === null ? read : readManifest(base, "package.json");
  if (!readBase.ok) return readBase;
  const nested = nestedManifests(base, readBase.manifest);
  const outside = workspace === null ? outsideDependency(manifest, nested) : null;
  if (outside !== null) {
    return refuse(
      `The dependency ${outside} is a workspace package outside the service's folder.`,
      "package.json",
      "Commit the lockfile of the workspace in its root, and name the package's folder there with `source:`.",
    );
  }
  const found = findStart(tree, manifest, hints);
  if (!found.ok) return found;
  const start = workspace === null ? found.start : startInFolder(found.start, workspace.folder);
  const own = findNodeVersion(tree, manifest, hints.version);
  const version = workspace === null || own.isAsked ? own : findNodeVersion(base, readBase.manifest, null);
  const manager = findPackageManager(base, readBase.manifest);
  const build = planBuild(manifest, manager, hints, start);
  const isSite = start.runs.kind === "site";
  // Pages that are there already need no packages, unless a script makes something of them.
  const isReady = isSite && workspace === null && build.steps.length === 0 && !hasInstallScript(manifest);
  const installation = isReady
    ? { steps: [], folders: [], findings: [] }
    : planInstall(base, readBase.manifest, manager, nested);
  const siblings = workspace === null ? { steps: [], findings: [] } : siblingBuilds(workspace, manager);
  const steps = [
    ...installation.steps,
    ...siblings.steps,
    ...build.steps.map((step) =>
      workspace === null ? step : { ...step, command: inFolder(step.command, workspace.folder) },
    ),
  ];
  const plan: BuildPlan = {
    stack: "node",
    findings: [
      ...(workspace === null ? [] : [{ what: "built in its workspace", from: `${workspace.folder}/package.json` }]),
      ...version.findings,
      // Where it has nothing to do, only one that the app names is worth a word.
      ...(steps.length === 0 && manager.lockfile === null ? [] : manager.findings),
      ...installation.findings,
      ...siblings.findings,
      ...build.findings,
      start.finding,
      ...(isSite ? [] : nativeFindings(tree, manifest)),
    ],
    tools: {
      node: version.version,
      ...(manager.version === null ? {} : { [manager.name]: manager.version }),
      ...runtimeTool(start, manager),
    },
    steps,
    dockerfile: null,
    ...running(start, version.version, installation.folders, manager),
    ...(isSite ? {} : { env: { NODE_ENV: "production", ...(start.runs.kind === "command" ? start.runs.env : {}) } }),
  };
  return { ok: true, plan: workspace === null ? plan : planInFolder(plan, workspace.folder, isSite) };
}

function hasInstallScript({ scripts }: Manifest): boolean {
  return ["preinstall", "install", "postinstall", "prepare"].some((name) => scripts[name] !== undefined);
}

type Running = Pick<BuildPlan, "base" | "buildImage" | "contents" | "command" | "env" | "programs" | "writable">;

function running({ runs }: Start, version: string, folders: string[], manager: PackageManager): Running {
  const programs = ["node_modules/.bin"];
  if (runs.kind === "site") {
    // Its image has none of them, its build does.
    return { ...serveSite(runs.site, version), programs };
  }
  const bun = usesProgram(runs.command, "bun") ? `docker.io/oven/bun:${bunVersion(manager)}` : null;
  return {
    base: { image: bun === null ? `docker.io/library/node:${version}-slim` : `${bun}-slim`, digest: null },
    // What is built by npm or its like is built with Node, whatever runs it.
    buildImage: {
      image: bun !== null && manager.name === "bun" ? bun : `docker.io/library/node:${version}`,
      digest: null,
    },
    contents: { dependencies: folders, app: "all", support: [] },
    command: runs.command,
    env: runs.env,
    programs,
    writable: runs.writable,
  };
}

function bunVersion({ name, version }: PackageManager): string {
  return (name === "bun" ? version : null) ?? "1";
}

/** Bun, where it starts the program and is not the package manager anyway. */
function runtimeTool({ runs }: Start, manager: PackageManager): Record<string, string> {
  return runs.kind === "command" && usesProgram(runs.command, "bun") ? { bun: bunVersion(manager) } : {};
}

function usesProgram(command: Command, program: string): boolean {
  return "argv" in command ? command.argv[0] === program : new RegExp(`\\b${program}\\b`).test(command.shell);
}

/** The build: what berth.yaml says, the build script, or what the framework needs. */
function planBuild(
  manifest: Manifest,
  manager: PackageManager,
  hints: Hints,
  start: Start,
): { steps: BuildStep[]; findings: Finding[] } {
  const framework = start.framework;
  const [command, from] =
    hints.build !== null
      ? [nodeCommand(hints.build, { ...manifest, scripts: {} }), "berth.yaml build"]
      : manifest.scripts["build"] !== undefined
        ? [{ argv: [manager.name, "run", "build"] }, "package.json scripts.build"]
        : framework !== null
          ? [nodeCommand(framework.build.join(" "), manifest), `package.json ${framework.packages[0]}`]
          : [null, ""];
  if (command === null) return { steps: [], findings: [] };
  const step: BuildStep = {
    name: "build",
    layer: "app",
    inputs: "all",
    command,
    env: start.buildEnv,
    caches: [manager.name, ...("next" in manifest.dependencies && hints.workspace === null ? ["next"] : [])],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
  return { steps: [step], findings: [{ what: "a build", from }] };
}
