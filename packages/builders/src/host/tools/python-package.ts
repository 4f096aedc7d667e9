import { mkdir, rename, writeFile } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { hasCode } from "@berth/core";
import type { BuildFailure } from "@berth/core";
import { hintFor, lastLines, saysNoSuchVersion } from "../../build/hints.ts";
import { pythonRequirement } from "../../build/python-requirement.ts";
import type { HostBuilderDeps } from "../deps.ts";
import { runProcess } from "../process/run.ts";
import type { FoundTool } from "./find-on-machine.ts";

/** Tools that PyPI has, and their commands. */
export const pythonTools: Readonly<Record<string, readonly string[]>> = {
  uv: ["uv", "uvx"],
  poetry: ["poetry"],
  pipenv: ["pipenv"],
};

const installTimeoutMs = 5 * 60_000;
const noteFile = "berth-tool.json";

interface Note {
  version: string;
}

/** Where a tool is installed: by what was asked for, and by the Python that it is installed with. */
function folderOf(home: string, tool: string, wanted: string, python: string): string {
  const id = createHash("sha256").update(`${wanted}\0${python}`).digest("hex").slice(0, 12);
  return join(home, "tools", `${tool}-${id}`);
}

/** A tool that is already here, without waiting. */
export function findPythonTool(home: string, tool: string, wanted: string, python: string): FoundTool | null {
  const folder = folderOf(home, tool, wanted, python);
  try {
    const { version }: Note = JSON.parse(readFileSync(join(folder, noteFile), "utf8"));
    return { file: join(folder, "bin", tool), version };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

/**
 * Brings a tool from PyPI into BERTH_HOME/tools, once, in an environment of its own. That contains its path, so it is made in its place,
 * and a note that is written last says that it is whole.
 */
export async function installPythonTool(
  deps: HostBuilderDeps,
  tool: string,
  wanted: string,
  python: string,
  signal: AbortSignal,
): Promise<{ ok: true; tool: FoundTool } | { ok: false; failure: BuildFailure }> {
  const { machine, home } = deps;
  const folder = folderOf(home, tool, wanted, python);
  const env = {
    ...machine.env,
    PATH: machine.path,
    HOME: machine.homeFolder,
    PIP_CACHE_DIR: join(home, "cache", "pip"),
  };
  const run = (argv: string[]) => {
    const marker = Buffer.from(deps.random.bytes(12)).toString("hex");
    const spec = { argv, cwd: home, env, timeoutMs: installTimeoutMs, marker };
    return runProcess(spec, () => undefined, signal, deps.clock);
  };
  if (existsSync(folder)) await deps.images.removeFolder(folder);
  await mkdir(join(home, "tools"), { recursive: true });
  const made = await run([python, "-m", "venv", folder]);
  const pip = join(folder, "bin", "python");
  const flags = ["--disable-pip-version-check", "--no-input", "--quiet"];
  const result =
    made.exitCode === 0 ? await run([pip, "-m", "pip", "install", ...flags, pythonRequirement(tool, wanted)]) : made;
  const shown = result.exitCode === 0 ? await run([join(folder, "bin", tool), "--version"]) : result;
  const version = /(\d+(?:\.\d+)+)/.exec(shown.lines.join("\n"))?.[1];
  if (shown.exitCode === 0 && version !== undefined) {
    const note: Note = { version };
    await writeFile(join(folder, `${noteFile}.draft`), JSON.stringify(note));
    await rename(join(folder, `${noteFile}.draft`), join(folder, noteFile));
    return { ok: true, tool: { file: join(folder, "bin", tool), version } };
  }
  await deps.images.removeFolder(folder);
  const hint = saysNoSuchVersion(shown.lines)
    ? `There is no ${tool} ${wanted}: correct what asks for it.`
    : hintFor({ ...shown, network: true, where: "on this machine" });
  const lines = lastLines(shown.lines);
  const message = `${tool} ${wanted} could not be installed`;
  return { ok: false, failure: { step: "tools", message, hint, exitCode: shown.exitCode, lines } };
}
