import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findProgram, readGlibc } from "@berth/builders";
import type { Machine } from "@berth/builders";
import { registrySettings } from "./builds/registry-files.ts";
import { goVariables, registryVariables } from "./builds/registry-variables.ts";

/** What build steps find on this machine, read once at the start. */
export function readMachine(env: Readonly<Record<string, string | undefined>>): Machine {
  const path = withoutScripts(env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin");
  const home = homedir();
  const read = (file: string) => readText(join(home, file));
  const goFile = env["GOENV"] ?? join(env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "go", "env");
  return {
    node: { path: process.execPath, version: process.versions.node, abi: process.versions.modules },
    npm: findProgram("npm", path),
    path,
    env: { ...goVariables(readText(goFile) ?? ""), ...registryVariables(env) },
    settings: registrySettings(read),
    homeFolder: home,
    glibc: readGlibc(),
  };
}

/** PATH less what `npm start` puts before it: a build would find the tools of Berth's own checkout, which no other machine has. */
export function withoutScripts(path: string): string {
  return path
    .split(":")
    .filter((folder) => !/\/node_modules\/\.bin\/?$|\/node-gyp-bin\/?$/.test(folder))
    .join(":");
}

/** Null for what is not there, or is not to be read. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
