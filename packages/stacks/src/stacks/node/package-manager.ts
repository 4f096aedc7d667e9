import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import type { Manifest } from "./manifest.ts";

export type PackageManagerName = "npm" | "pnpm" | "yarn" | "bun";

export interface PackageManager {
  name: PackageManagerName;
  /** What `tools` asks for; null: the one that comes with Node. */
  version: string | null;
  /** Its lockfile in the tree; null where there is none. */
  lockfile: string | null;
  findings: Finding[];
}

const lockfiles: readonly [string, PackageManagerName][] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["yarn.lock", "yarn"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
];

export const lockfileNames: readonly string[] = lockfiles.map(([name]) => name);

/** The package manager: by the packageManager field, then the lockfile, then `engines`, then npm. */
export function findPackageManager(tree: TreeView, manifest: Manifest): PackageManager {
  const present = lockfiles.filter(([file]) => tree.has(file));
  const field = readField(manifest.packageManager);
  const engine = (["pnpm", "yarn", "bun"] as const).find((name) => manifest.engines[name] !== undefined);
  const name = field?.name ?? present[0]?.[1] ?? engine ?? "npm";
  const lockfile = present.find(([, owner]) => owner === name)?.[0] ?? null;
  const version = field?.version ?? lineOf(manifest.engines[name]) ?? lockfileLine(name, tree);
  const from =
    field !== null
      ? "package.json packageManager"
      : (lockfile ?? (engine === undefined ? "the default" : `package.json engines.${engine}`));
  return {
    name,
    version,
    lockfile,
    findings: [
      ...(manifest.packageManager !== null && field === null
        ? [
            {
              what: `${JSON.stringify(manifest.packageManager)} is no package manager and is ignored`,
              from: "package.json packageManager",
            },
          ]
        : []),
      { what: version === null ? name : `${name} ${version}`, from },
      ...present
        .filter(([, owner]) => owner !== name)
        .map(([file]) => ({ what: `${file} is not used: the package manager is ${name}`, from })),
    ],
  };
}

/** `pnpm@10.4.1+sha512.…`, also without a version. */
function readField(field: string | null): { name: PackageManagerName; version: string | null } | null {
  const match = /^(npm|pnpm|yarn|bun)(?:@([^+\s]+).*)?$/.exec(field?.trim() ?? "");
  if (match === null) return null;
  return {
    name: match[1] as PackageManagerName,
    version: match[2] === undefined ? null : (semver.valid(match[2]) ?? lineOf(match[2])),
  };
}

/** The lowest major version that a range allows, as a line; an open range is left to the lockfile. */
function lineOf(range: string | undefined): string | null {
  if (range === undefined || /^\s*(>|\*|latest)/.test(range)) return null;
  const lowest = semver.validRange(range) === null ? null : semver.minVersion(range);
  return lowest === null ? null : String(lowest.major);
}

/** The line that writes this form of lockfile. */
function lockfileLine(name: PackageManagerName, tree: TreeView): string | null {
  if (name === "npm") return null;
  if (name === "bun") return "1";
  if (name === "yarn") return isBerryLockfile(tree) ? "4" : "1";
  const form = /^lockfileVersion:\s*['"]?(\d+)/m.exec(tree.read("pnpm-lock.yaml") ?? "")?.[1];
  return { "5": "7", "6": "8" }[form ?? ""] ?? "10";
}

function isBerryLockfile(tree: TreeView): boolean {
  return tree.has(".yarnrc.yml") || /^__metadata:/m.test(tree.read("yarn.lock") ?? "");
}

/** Whether it is Yarn 2 or later, whose options and linker differ. */
export function isBerry({ name, version }: PackageManager): boolean {
  return name === "yarn" && version !== "1" && !(version ?? "").startsWith("1.");
}
