import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import semver from "semver";
import { canonicalJson, hasCode } from "@berth/core";
import type { BuildFailure, BuildPlan, BuildSink } from "@berth/core";
import type { HostBuilderDeps } from "../deps.ts";
import type { FoundTool, MachineFinder } from "./find-on-machine.ts";
import { findTool, installTool } from "./install.ts";
import { machineTools } from "./machine-tools.ts";
import { npmFor, toolPackage } from "../../build/tool-packages.ts";
import { findPythonTool, installPythonTool, pythonTools } from "./python-package.ts";
import { noSuchTool, useMachineTool } from "./use-machine-tool.ts";
import { fitsVersion } from "./version-range.ts";

/** Tools ready for use. */
export interface Toolbox {
  /** A folder with their commands and nothing else, for PATH. */
  bin: string;
  /** Further folders for PATH, after that. */
  folders: readonly string[];
  /** Variables by which tools find each other, such as JAVA_HOME. */
  env: Readonly<Record<string, string>>;
  /** Exact versions by tool. */
  versions: Record<string, string>;
  /** What compiled extensions of a language are tied to. */
  abi: Record<string, string>;
}

export interface ToolboxDeps extends HostBuilderDeps {
  finder: MachineFinder;
}

type WantedTools = Pick<BuildPlan, "tools" | "steps">;
type Brought = { ok: true; version: string; commands: Record<string, string> } | { ok: false; failure: BuildFailure };

/** The tools that a plan needs, with npm where its steps may call it, and Python before what is installed with it. */
function wantedTools(plan: WantedTools): [string, string][] {
  const { node } = plan.tools;
  const tools = node === undefined || plan.steps.length === 0 ? plan.tools : { npm: npmFor(node), ...plan.tools };
  return Object.entries(tools).sort(([a], [b]) => Number(a in pythonTools) - Number(b in pythonTools));
}

function isOwnNode(tool: string, version: string, deps: HostBuilderDeps): boolean {
  return tool === "node" && semver.satisfies(deps.machine.node.version, semver.validRange(version) ?? "*");
}

/** The versions of a plan's tools as far as they are known by now: exact for what is installed, else what is asked for. */
export function knownVersions(plan: WantedTools, deps: ToolboxDeps): Record<string, string> {
  const findPython = (tool: string, version: string) => {
    const python = deps.finder.known("python", plan.tools["python"] ?? "3");
    return python === null ? null : findPythonTool(deps.home, tool, version, python.file);
  };
  const known = wantedTools(plan).map(([tool, version]) => {
    if (isOwnNode(tool, version, deps)) return [tool, deps.machine.node.version];
    const inRegistry = toolPackage(tool, version, deps.platform);
    if (inRegistry !== null) return [tool, findTool(deps.home, inRegistry)?.version ?? version];
    const found = tool in pythonTools ? findPython(tool, version) : deps.finder.known(tool, version);
    return [tool, found?.version ?? version];
  });
  return Object.fromEntries(known);
}

/** Makes the tools of a plan ready, installing what is missing. The Node that runs Berth is taken where it is what is asked for. */
export async function ensureTools(
  plan: WantedTools,
  deps: ToolboxDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<{ ok: true; toolbox: Toolbox } | { ok: false; failure: BuildFailure }> {
  const { machine } = deps;
  const versions: Record<string, string> = {};
  const commands: Record<string, string> = {};
  const abi: Record<string, string> = {};
  const env: Record<string, string> = {};
  const folders: string[] = [];
  for (const [tool, version] of wantedTools(plan)) {
    if (isOwnNode(tool, version, deps)) {
      versions["node"] = machine.node.version;
      commands["node"] = machine.node.path;
      abi["node"] = machine.node.abi;
      continue;
    }
    if (tool in machineTools) {
      const { fitting, others } = await deps.finder.find(tool, version);
      const chosen = fitting ?? bringsOthers(tool, others);
      if (chosen === null) return { ok: false, failure: noSuchTool(tool, version, others) };
      const used = useMachineTool(tool, version, chosen);
      versions[tool] = fitting === null ? version : chosen.version;
      Object.assign(commands, used.commands);
      Object.assign(env, used.env);
      Object.assign(abi, used.abi);
      folders.push(...used.folders);
      continue;
    }
    const brought =
      tool in pythonTools
        ? await bringPythonTool(tool, version, plan.tools["python"], deps, sink, signal)
        : await bringPackage(tool, version, deps, sink, signal);
    if (brought === null) continue;
    if (!brought.ok) return brought;
    versions[tool] = brought.version;
    Object.assign(commands, brought.commands);
    if (tool === "node") abi["node"] = nodeAbi(brought.version);
  }
  return { ok: true, toolbox: { bin: await linkCommands(deps, commands), folders, env, versions, abi } };
}

/** A Go that can fetch the version that is asked for: from 1.21 on. */
function bringsOthers(tool: string, found: readonly FoundTool[]): FoundTool | null {
  return (tool === "go" ? found.find(({ version }) => fitsVersion(version, "1.21", "newer")) : undefined) ?? null;
}

/** A tool out of the npm registry; null for one that nobody knows how to bring. */
async function bringPackage(
  tool: string,
  version: string,
  deps: HostBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<Brought | null> {
  const wanted = toolPackage(tool, version, deps.platform);
  if (wanted === null) return null;
  let found = findTool(deps.home, wanted);
  if (found === null) {
    const installed = await timed(deps, sink, tool, version, () => installTool(deps, wanted, signal));
    if (!installed.ok) return installed;
    found = installed.tool;
  }
  const { folder } = found;
  const commands = Object.entries(wanted.commands).map(([command, file]) => [command, join(folder, file)]);
  return { ok: true, version: found.version, commands: Object.fromEntries(commands) };
}

/** A tool out of PyPI, installed with the Python of the plan, or with any where it names none. */
async function bringPythonTool(
  tool: string,
  version: string,
  pythonVersion: string | undefined,
  deps: ToolboxDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<Brought> {
  const python = await deps.finder.find("python", pythonVersion ?? "3");
  if (python.fitting === null) {
    return { ok: false, failure: noSuchTool("python", pythonVersion ?? "3", python.others) };
  }
  const { file } = python.fitting;
  let found = findPythonTool(deps.home, tool, version, file);
  if (found === null) {
    const installed = await timed(deps, sink, tool, version, () =>
      installPythonTool(deps, tool, version, file, signal),
    );
    if (!installed.ok) return installed;
    found = installed.tool;
  }
  const names = pythonTools[tool] ?? [tool];
  const commands = names.map((name) => [name, join(found.file, "..", name)]);
  return { ok: true, version: found.version, commands: Object.fromEntries(commands) };
}

async function timed<T extends { ok: boolean }>(
  { clock }: HostBuilderDeps,
  sink: BuildSink,
  tool: string,
  version: string,
  install: () => Promise<T>,
): Promise<T> {
  const startedAt = clock.now();
  sink.start("tools", `Installing ${tool} ${version}, once`);
  const result = await install();
  if (result.ok) sink.end("tools", clock.now() - startedAt);
  return result;
}

/** The number that Node's extensions are tied to (NODE_MODULE_VERSION), by its major version; that version itself where it is not known. Source: nodejs.org, abi_version_registry.json. */
function nodeAbi(version: string): string {
  const abis: Record<string, string> = { 16: "93", 18: "108", 20: "115", 22: "127", 24: "137" };
  const major = version.split(".")[0] ?? version;
  return abis[major] ?? `v${major}`;
}

/** A folder of links to exactly these commands; the same commands are always in the same folder. */
async function linkCommands(deps: HostBuilderDeps, commands: Readonly<Record<string, string>>): Promise<string> {
  const id = createHash("sha256").update(canonicalJson(commands)).digest("hex").slice(0, 16);
  const folder = join(deps.home, "tools", "bin", id);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.draft-${Buffer.from(deps.random.bytes(6)).toString("hex")}`;
  await mkdir(draft, { recursive: true });
  for (const [command, target] of Object.entries(commands)) await symlink(target, join(draft, command));
  try {
    await rename(draft, folder);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
    await deps.images.removeFolder(draft);
  }
  return folder;
}
