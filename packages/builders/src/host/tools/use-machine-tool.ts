import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { BuildFailure } from "@berth/core";
import type { FoundTool } from "./find-on-machine.ts";
import { machineTools } from "./machine-tools.ts";
import { fitsVersion } from "./version-range.ts";

export interface UsedTool {
  /** Files by command. */
  commands: Record<string, string>;
  env: Record<string, string>;
  abi: Record<string, string>;
  /** Folders for PATH: what belongs to the tool and is not in PATH. */
  folders: string[];
}

/** What a step needs to use a tool of the machine. */
export function useMachineTool(tool: string, wanted: string, { file, version }: FoundTool): UsedTool {
  const description = machineTools[tool];
  if (description === undefined) return { commands: {}, env: {}, abi: {}, folders: [] };
  const folder = dirname(file);
  const beside = description.beside.map((name) => [name, join(folder, name)] as const);
  const commands = Object.fromEntries([
    ...description.commands.map((name) => [name, file]),
    [basename(file), file],
    ...beside.filter(([, path]) => existsSync(path)),
  ]);
  const env = Object.entries(description.env).map(([name, value]) => [name, value.replace("{home}", dirname(folder))]);
  return {
    commands,
    env: {
      ...Object.fromEntries(env),
      ...(tool === "go" && goEnv(version, wanted)),
      ...(tool === "rust" && rustEnv(file)),
    },
    abi: description.abi === null ? {} : { [tool]: description.abi(version) },
    folders: [folder],
  };
}

/** Go fetches a newer version of itself through its module proxy where one is asked for, and never else. */
function goEnv(version: string, wanted: string): Record<string, string> {
  if (fitsVersion(version, wanted, "newer")) return { GOTOOLCHAIN: "local" };
  return { GOTOOLCHAIN: `go${/^\d+\.\d+$/.test(wanted) ? `${wanted}.0` : wanted}+auto` };
}

/** Where rustup's programs find their versions when HOME is another. */
function rustEnv(file: string): Record<string, string> {
  const home = file.endsWith("/.cargo/bin/rustc") ? join(dirname(file), "..", "..", ".rustup") : null;
  return home !== null && existsSync(home) ? { RUSTUP_HOME: home } : {};
}

/** The failure of a build that needs a tool which is not on the machine in a version that fits. */
export function noSuchTool(tool: string, wanted: string, others: readonly FoundTool[]): BuildFailure {
  const name = machineTools[tool]?.name ?? tool;
  const versions = [...new Set(others.map(({ version }) => version))];
  const there = versions.length === 0 ? `no ${name}` : `${name} ${versions.join(", ")}`;
  const ways = [
    `Install ${name} ${wanted} on this machine`,
    ...(versions.length > 0 ? ["ask for another with `version:` in berth.yaml"] : []),
    "or build with Docker (BERTH_BUILDER=docker)",
  ];
  return {
    step: "tools",
    message: `The build needs ${name} ${wanted}, and this machine has ${there}`,
    hint: `${ways.join(", ")}.`,
    exitCode: null,
    lines: [],
  };
}
