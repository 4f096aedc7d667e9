import type { BuildPlan, BuildStep, Finding, TreeView } from "@berth/core";
import { buildTimeoutMs } from "../../stack.ts";
import { planInstall } from "./install.ts";
import { readManifest } from "./manifest.ts";
import { findNodeVersion } from "./node-version.ts";
import { findPackageManager } from "./package-manager.ts";
import { nestedManifests } from "./workspaces.ts";

/** What Node does for a project in another language: its packages, and the build script that makes its assets. Nothing of it runs later. */
export interface Assets {
  /** Of the dependency layer, or, where it needs the source, of the app layer. */
  install: BuildStep[];
  build: BuildStep[];
  tools: Record<string, string>;
  /** Where Node comes from: images of other languages have none. */
  image: Pick<BuildPlan, "toolImages">;
  findings: Finding[];
}

const none: Assets = { install: [], build: [], tools: {}, image: {}, findings: [] };

/** Whether the build that berth.yaml says needs Node and its packages. */
export function runsNode(build: string | null): boolean {
  return (
    build !== null && /(^|[\s;&|("'])(npm|npx|pnpm|yarn|bunx?|node|(\.\/)?node_modules\/\S+)([\s;&|)"']|$)/.test(build)
  );
}

export interface AssetsOptions {
  /** Installs also where another step runs the build script. */
  always?: boolean;
  /** Of the image that the steps run in. */
  libc?: "glibc" | "musl";
}

/** Plans the assets of a project that has a package.json beside its own files. */
export function planAssets(tree: TreeView, { always = false, libc = "glibc" }: AssetsOptions = {}): Assets {
  const read = tree.has("package.json") ? readManifest(tree, "package.json") : null;
  // What is wrong with a package.json beside another language is no reason not to build that.
  if (read === null || !read.ok) return none;
  const { manifest } = read;
  const script = ["build", "production", "prod"].find((name) => manifest.scripts[name] !== undefined);
  if (script === undefined && !always) return none;
  const version = findNodeVersion(tree, manifest, null);
  const manager = findPackageManager(tree, manifest);
  const installation = planInstall(tree, manifest, manager, nestedManifests(tree, manifest));
  const build: BuildStep = {
    name: "assets",
    layer: "app",
    inputs: "all",
    command: { argv: [manager.name, "run", script ?? "build"] },
    env: {},
    caches: [manager.name],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
  const from = "package.json";
  return {
    install: installation.steps.map((step) => ({ ...step, name: `install ${manager.name}` })),
    build: script === undefined || always ? [] : [build],
    tools: { node: version.version, ...(manager.version === null ? {} : { [manager.name]: manager.version }) },
    image: {
      toolImages: {
        node: {
          image: `docker.io/library/node:${version.version}-${libc === "musl" ? "alpine" : "slim"}`,
          digest: null,
        },
      },
    },
    findings: [
      ...version.findings,
      ...manager.findings,
      ...installation.findings,
      ...(script === undefined || always
        ? []
        : [{ what: "Node builds the assets", from: `${from} scripts.${script}` }]),
    ],
  };
}
