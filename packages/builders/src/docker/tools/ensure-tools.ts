import type { BuildFailure, BuildPlan, BuildSink } from "@berth/core";
import { hintFor, lastLines, saysNoSuchVersion } from "../../build/hints.ts";
import { plainEnv } from "../../build/plain-env.ts";
import { fitsVersion } from "../../host/tools/version-range.ts";
import { removeContainer, startBuildContainer } from "../container.ts";
import type { DockerBuilderDeps } from "../deps.ts";
import { runInContainer } from "../exec.ts";
import { ensureBuildNetwork } from "../network.ts";
import { toolsPath, toolsVolume } from "../volumes.ts";
import type { BuildImage } from "../workshop.ts";
import { planInstall } from "./install-plan.ts";
import type { ToolInstall } from "./install-plan.ts";
import { probeScript, readProbe } from "./probe.ts";

/** Tools of a plan in containers of an image. */
export interface ContainerTools {
  /** Exact versions by tool. */
  versions: Record<string, string>;
  abi: Record<string, string>;
  env: Record<string, string>;
  /** Folders for PATH, before the image's own: tools that the image lacks. */
  folders: readonly string[];
}

export type ToolsResult = { ok: true; tools: ContainerTools } | { ok: false; failure: BuildFailure };

const installTimeoutMs = 5 * 60_000;

/** What an image must bring itself, as far as this is known to lack a way around it. */
const inImage: ReadonlySet<string> = new Set([
  "node",
  "python",
  "go",
  "rust",
  "java",
  "ruby",
  "php",
  "elixir",
  "dotnet",
]);

/** The tools of a plan in containers of this image: those it brings, those that lie in `copied` folders, and others installed into a volume, once. */
export async function ensureContainerTools(
  plan: Pick<BuildPlan, "tools">,
  buildImage: BuildImage,
  copied: readonly string[],
  deps: DockerBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<ToolsResult> {
  const { engine, installation, limits, clock } = deps;
  const container = await startBuildContainer(engine, {
    image: buildImage.image.id,
    name: `berth-build-${installation}-tools-${Buffer.from(deps.random.bytes(6)).toString("hex")}`,
    installation,
    network: await ensureBuildNetwork(engine),
    volumes: [toolsVolume(installation, "install")],
    limits,
  });
  const run = (argv: readonly string[], path: string) => {
    const env = { ...imageEnv(buildImage), ...plainEnv, ...deps.env, HOME: "/root", PATH: path };
    const spec = { container, argv, env, cwd: "/", timeoutMs: installTimeoutMs };
    return runInContainer(engine, spec, () => undefined, signal, clock);
  };
  const imagePath = imageEnv(buildImage)["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const ownPath = [...copied, imagePath].join(":");
  try {
    const there = readProbe((await run(["sh", "-c", probeScript], ownPath)).lines);
    const missing = missingTools(plan.tools, there, buildImage);
    if (!missing.ok) return missing;
    const folders: string[] = [...copied];
    for (const { tool, version, install } of missing.installs) {
      const startedAt = clock.now();
      sink.start("tools", `Installing ${tool} ${version} beside ${buildImage.name}, once`);
      const result = await run(install.argv, ownPath);
      if (result.exitCode !== 0) return { ok: false, failure: installFailure(tool, version, result, buildImage) };
      sink.end("tools", clock.now() - startedAt);
      folders.push(`${install.folder}/bin`);
    }
    const known =
      missing.installs.length === 0
        ? there
        : readProbe((await run(["sh", "-c", probeScript], [...folders, imagePath].join(":"))).lines);
    const used = [...Object.keys(plan.tools), ...(plan.tools["node"] === undefined ? [] : ["npm"])];
    const versions = used.flatMap((tool) => (known[tool] === undefined ? [] : [[tool, known[tool]]]));
    return {
      ok: true,
      tools: { versions: Object.fromEntries(versions), abi: abiOf(known), env: goEnv(known), folders },
    };
  } finally {
    await removeContainer(engine, container);
  }
}

function imageEnv({ base }: BuildImage): Record<string, string> {
  return Object.fromEntries(base.env.map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]));
}

type Missing =
  | { ok: true; installs: { tool: string; version: string; install: ToolInstall }[] }
  | { ok: false; failure: BuildFailure };

function missingTools(
  wanted: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
  { name, image, base }: BuildImage,
): Missing {
  const installs = [];
  for (const [tool, version] of Object.entries(wanted)) {
    const found = there[tool];
    const fit = tool === "go" || tool === "rust" || tool === "maven" || tool === "composer" ? "newer" : "same";
    // What an image is chosen for is taken as it is: its tag says the version.
    if (found !== undefined && (inImage.has(tool) || fitsVersion(found, version, fit))) continue;
    const install = planInstall(tool, version, base.platform, image.id, toolsPath);
    const needed = install === null ? null : install.needs === "npm" ? there["npm"] : there["python"];
    if (install === null || needed === undefined) return { ok: false, failure: noTool(tool, version, found, name) };
    installs.push({ tool, version, install });
  }
  return { ok: true, installs };
}

function noTool(tool: string, version: string, found: string | undefined, image: string): BuildFailure {
  const there = found === undefined ? "has none" : `has ${found}`;
  return {
    step: "tools",
    message: `The build needs ${tool} ${version}, and ${image} ${there}`,
    hint: "Ask for another version with `version:` in berth.yaml, or build with a Dockerfile of your own.",
    exitCode: null,
    lines: [],
  };
}

function installFailure(
  tool: string,
  version: string,
  result: { lines: readonly string[]; exitCode: number | null; signal: string | null },
  { name }: BuildImage,
): BuildFailure {
  const hint = saysNoSuchVersion(result.lines)
    ? `There is no ${tool} ${version}: correct what asks for it.`
    : hintFor({ ...result, network: true, where: `in ${name}` });
  const message = `${tool} ${version} could not be installed`;
  return { step: "tools", message, hint, exitCode: result.exitCode, lines: lastLines(result.lines) };
}

function abiOf(known: Readonly<Record<string, string>>): Record<string, string> {
  const [major, minor] = (known["python"] ?? "").split(".");
  return {
    ...(known["node-abi"] !== undefined && { node: known["node-abi"] }),
    ...(minor !== undefined && { python: `cp${major}${minor}` }),
    ...(known["ruby"] !== undefined && { ruby: known["ruby"].split(".").slice(0, 2).join(".") }),
  };
}

/** A newer Go than the image's comes through the module proxy, where go.mod asks for one. */
function goEnv(known: Readonly<Record<string, string>>): Record<string, string> {
  return known["go"] === undefined ? {} : { GOTOOLCHAIN: "auto" };
}
