import semver from "semver";
import type { Platform } from "@berth/core";

/** A tool as the npm registry has it. */
export interface ToolPackage {
  tool: string;
  /** The package that carries it ready to run, without an install script. */
  name: string;
  /** A version or a range. */
  version: string;
  /** The commands it brings, and their files in the package. */
  commands: Record<string, string>;
}

const nodeArchitectures: Record<string, string> = { amd64: "x64" };
const bunArchitectures: Record<string, string> = { amd64: "x64", arm64: "aarch64" };

/** The package of a tool in a version; null for a tool that is expected on the machine itself. */
export function toolPackage(tool: string, version: string, platform: Platform): ToolPackage | null {
  const { os, architecture, libc } = platform;
  const arch = nodeArchitectures[architecture] ?? architecture;
  const musl = libc === "musl" ? "-musl" : "";
  const major = semver.minVersion(semver.validRange(version) ?? "*")?.major ?? 0;
  switch (tool) {
    case "node":
      return { tool, name: `node-${os}-${arch}`, version, commands: { node: "bin/node" } };
    case "npm":
      return { tool, name: "npm", version, commands: { npm: "bin/npm-cli.js", npx: "bin/npx-cli.js" } };
    case "pnpm":
      // From 12 on the package of this name is a starter that an install script replaces by the program.
      if (major >= 12) return { tool, name: `@pnpm/exe.${os}-${arch}${musl}`, version, commands: { pnpm: "pnpm" } };
      return { tool, name: "pnpm", version, commands: pnpmCommands(major) };
    case "yarn":
      return major >= 2
        ? { tool, name: "@yarnpkg/cli-dist", version, commands: { yarn: "bin/yarn.js", yarnpkg: "bin/yarn.js" } }
        : { tool, name: "yarn", version, commands: { yarn: "bin/yarn.js", yarnpkg: "bin/yarn.js" } };
    case "bun":
      return {
        tool,
        name: `@oven/bun-${os}-${bunArchitectures[architecture] ?? architecture}${musl}`,
        version,
        commands: { bun: "bin/bun", bunx: "bin/bun" },
      };
    case "deno":
      return {
        tool,
        name: `@deno/${os}-${nodeArchitectures[architecture] ?? architecture}${libc === "glibc" ? "-glibc" : ""}`,
        version,
        commands: { deno: "deno" },
      };
    default:
      return null;
  }
}

function pnpmCommands(major: number): Record<string, string> {
  const ending = major >= 11 ? "mjs" : major >= 5 ? "cjs" : "js";
  return { pnpm: `bin/pnpm.${ending}`, pnpx: `bin/pnpx.${ending}` };
}

/** The npm that goes with a version of Node: exact, so that an installation comes out the same next month. */
export function npmFor(nodeVersion: string): string {
  const lowest = semver.minVersion(semver.validRange(nodeVersion) ?? "*")?.major ?? 0;
  if (lowest >= 20) return "11.19.1";
  return lowest >= 18 ? "10.9.9" : "8.19.4";
}
