import type { BuildFailure, BuildPlan, BuildSink, Clock, Platform } from "@berth/core";
import { fitsVersion } from "../../host/tools/version-range.ts";
import { hintFor, lastLines, saysNoSuchVersion } from "../hints.ts";
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

/** The image that steps run in, as far as tools depend on it. */
export interface ToolImage {
  /** As a person knows it. */
  name: string;
  /** What is installed beside it is of no use for an image with another. */
  id: string;
  platform: Platform;
  /** Its own PATH. */
  path: string;
}

/** Where tools lie that the image lacks. */
export const toolsPath = "/berth-tools";
/** What programs are searched in where an image says nothing. */
export const plainPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
export const installTimeoutMs = 5 * 60_000;

/** Runs a program in the image, with this PATH. */
export type RunInImage = (
  argv: readonly string[],
  path: string,
) => Promise<{ lines: readonly string[]; exitCode: number | null; signal: string | null }>;

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

/** The tools of a plan in containers of an image: those it brings, those that lie in `copied` folders, and others installed below `toolsPath`, once. */
export async function ensureImageTools(
  plan: Pick<BuildPlan, "tools">,
  image: ToolImage,
  copied: readonly string[],
  run: RunInImage,
  sink: BuildSink,
  clock: Pick<Clock, "now">,
): Promise<ToolsResult> {
  const ownPath = [...copied, image.path].join(":");
  const there = readProbe((await run(["sh", "-c", probeScript], ownPath)).lines);
  const missing = missingTools(plan.tools, there, image);
  if (!missing.ok) return missing;
  const folders: string[] = [...copied];
  for (const { tool, version, install } of missing.installs) {
    const startedAt = clock.now();
    sink.start("tools", `Installing ${tool} ${version} beside ${image.name}, once`);
    const result = await run(install.argv, ownPath);
    if (result.exitCode !== 0) return { ok: false, failure: installFailure(tool, version, result, image) };
    sink.end("tools", clock.now() - startedAt);
    folders.push(`${install.folder}/bin`);
  }
  const known =
    missing.installs.length === 0
      ? there
      : readProbe((await run(["sh", "-c", probeScript], [...folders, image.path].join(":"))).lines);
  const used = [...Object.keys(plan.tools), ...(plan.tools["node"] === undefined ? [] : ["npm"])];
  const versions = used.flatMap((tool) => (known[tool] === undefined ? [] : [[tool, known[tool]]]));
  const tools = { versions: Object.fromEntries(versions), abi: abiOf(known), env: goEnv(known), folders };
  return { ok: true, tools };
}

type Missing =
  | { ok: true; installs: { tool: string; version: string; install: ToolInstall }[] }
  | { ok: false; failure: BuildFailure };

function missingTools(
  wanted: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
  { name, id, platform }: ToolImage,
): Missing {
  const installs = [];
  for (const [tool, version] of Object.entries(wanted)) {
    const found = there[tool];
    const fit = tool === "go" || tool === "rust" || tool === "maven" || tool === "composer" ? "newer" : "same";
    // What an image is chosen for is taken as it is: its tag says the version.
    if (found !== undefined && (inImage.has(tool) || fitsVersion(found, version, fit))) continue;
    const install = planInstall(tool, version, platform, id, toolsPath);
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
  { name }: ToolImage,
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
