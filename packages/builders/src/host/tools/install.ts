import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { hasCode } from "@berth/core";
import type { BuildFailure } from "@berth/core";
import type { HostBuilderDeps } from "../deps.ts";
import { hintFor, lastLines, saysNoSuchVersion } from "../../build/hints.ts";
import { runProcess } from "../process/run.ts";
import type { ToolPackage } from "../../build/tool-packages.ts";

const installTimeoutMs = 5 * 60_000;

export interface InstalledTool {
  /** The folder of its package. */
  folder: string;
  version: string;
}

function folderOf(home: string, tool: ToolPackage): string {
  const name = `${tool.name}@${tool.version}`.replaceAll("/", "+").replace(/[^\w.@+-]/g, "_");
  return join(home, "tools", name);
}

/** A tool that is already here, without waiting: keys of builds are made from its version. */
export function findTool(home: string, tool: ToolPackage): InstalledTool | null {
  const folder = join(folderOf(home, tool), "node_modules", tool.name);
  try {
    const manifest: { version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { folder, version: manifest.version };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

/** Brings a tool from the npm registry into BERTH_HOME/tools, once: aside first, then renamed, so that what is there is whole. */
export async function installTool(
  deps: HostBuilderDeps,
  tool: ToolPackage,
  signal: AbortSignal,
): Promise<{ ok: true; tool: InstalledTool } | { ok: false; failure: BuildFailure }> {
  const { machine, home } = deps;
  const name = `${tool.tool} ${tool.version}`;
  if (machine.npm === null)
    return failed(name, [], "Install npm on this machine: it brings the tools that builds need.");
  const marker = Buffer.from(deps.random.bytes(8)).toString("hex");
  const draft = join(home, "tools", `.draft-${marker}`);
  await mkdir(draft, { recursive: true });
  try {
    const flags = [
      "--global=false",
      "--no-save",
      "--no-package-lock",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--loglevel=error",
      "--no-update-notifier",
    ];
    const argv = [machine.npm, "install", "--prefix", draft, ...flags, `${tool.name}@${tool.version}`];
    // The machine's npm is made for the machine's Node; Berth's own serves where there is no other.
    const path = `${machine.path}:${join(machine.node.path, "..")}`;
    const env = { ...machine.env, PATH: path, HOME: machine.homeFolder, npm_config_cache: join(home, "cache", "npm") };
    const spec = { argv, cwd: draft, env, timeoutMs: installTimeoutMs, marker };
    // What npm says of its own tool's tool is of interest only where it fails.
    const result = await runProcess(spec, () => undefined, signal, deps.clock);
    if (result.exitCode !== 0) {
      const hint = saysNoSuchVersion(result.lines)
        ? `There is no ${name}: correct what asks for it, such as engines or packageManager in package.json.`
        : hintFor({ ...result, network: true, where: "on this machine" });
      return failed(name, lastLines(result.lines), hint);
    }
    await publish(draft, tool, home);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    return failed(name, [], `${name} may not exist for this machine's platform: ask for another version.`);
  } finally {
    await deps.images.removeFolder(draft);
  }
  const installed = findTool(home, tool);
  return installed === null ? failed(name, [], null) : { ok: true, tool: installed };
}

/** Gives the installed package its place under its exact version, and the version that was asked for leads there. */
async function publish(draft: string, tool: ToolPackage, home: string): Promise<void> {
  const text = await readFile(join(draft, "node_modules", tool.name, "package.json"), "utf8");
  const { version }: { version: string } = JSON.parse(text);
  const folder = folderOf(home, { ...tool, version });
  await unlessThere(rename(draft, folder));
  if (version !== tool.version) await unlessThere(symlink(basename(folder), folderOf(home, tool)));
}

/** Someone else may have brought it at the same time. */
async function unlessThere(making: Promise<void>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
  }
}

function failed(name: string, lines: readonly string[], hint: string | null): { ok: false; failure: BuildFailure } {
  return {
    ok: false,
    failure: { step: "tools", message: `${name} could not be installed`, hint, exitCode: null, lines },
  };
}
