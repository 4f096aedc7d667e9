import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import semver from "semver";
import { canonicalJson, hasCode } from "@berth/core";
import type { BuildFailure, BuildPlan, BuildSink } from "@berth/core";
import type { HostBuilderDeps } from "../deps.ts";
import { findTool, installTool } from "./install.ts";
import { npmFor, toolPackage } from "./packages.ts";

/** Tools ready for use. */
export interface Toolbox {
  /** A folder with their commands and nothing else, for PATH. */
  bin: string;
  /** Exact versions by tool. */
  versions: Record<string, string>;
}

/** The tools that a plan needs, with npm where its steps may call it. */
function wantedTools(plan: Pick<BuildPlan, "tools" | "steps">): Record<string, string> {
  const { node } = plan.tools;
  if (node === undefined || plan.steps.length === 0) return plan.tools;
  return { npm: npmFor(node), ...plan.tools };
}

function isOwnNode(tool: string, version: string, deps: HostBuilderDeps): boolean {
  return tool === "node" && semver.satisfies(deps.machine.node.version, semver.validRange(version) ?? "*");
}

/** The versions of a plan's tools as far as they are known by now: exact for what is installed, else what is asked for. */
export function knownVersions(plan: Pick<BuildPlan, "tools" | "steps">, deps: HostBuilderDeps): Record<string, string> {
  const known = Object.entries(wantedTools(plan)).map(([tool, version]) => {
    if (isOwnNode(tool, version, deps)) return [tool, deps.machine.node.version];
    const found = toolPackage(tool, version, deps.platform);
    return [tool, (found === null ? null : findTool(deps.home, found)?.version) ?? version];
  });
  return Object.fromEntries(known);
}

/** Makes the tools of a plan ready, installing what is missing. The Node that runs Berth is taken where it is what is asked for. */
export async function ensureTools(
  plan: Pick<BuildPlan, "tools" | "steps">,
  deps: HostBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<{ ok: true; toolbox: Toolbox } | { ok: false; failure: BuildFailure }> {
  const versions: Record<string, string> = { node: deps.machine.node.version };
  const commands: Record<string, string> = { node: deps.machine.node.path };
  for (const [tool, version] of Object.entries(wantedTools(plan))) {
    if (isOwnNode(tool, version, deps)) continue;
    const wanted = toolPackage(tool, version, deps.platform);
    if (wanted === null) continue;
    let found = findTool(deps.home, wanted);
    if (found === null) {
      const startedAt = deps.clock.now();
      sink.start("tools", `Installing ${tool} ${version}, once`);
      const installed = await installTool(deps, wanted, signal);
      if (!installed.ok) return installed;
      sink.end("tools", deps.clock.now() - startedAt);
      found = installed.tool;
    }
    versions[tool] = found.version;
    for (const [command, file] of Object.entries(wanted.commands)) commands[command] = join(found.folder, file);
  }
  return { ok: true, toolbox: { bin: await linkCommands(deps, commands), versions } };
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
