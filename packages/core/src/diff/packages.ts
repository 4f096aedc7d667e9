import type { LockedVersion } from "./sides.ts";

/** What has come, gone and changed of the packages that lockfiles name, by name. */
export interface PackageChanges {
  added: readonly PackageChange[];
  removed: readonly PackageChange[];
  /** With another major version. */
  major: readonly PackageChange[];
  /** With another version beside that. */
  minor: readonly PackageChange[];
}

export interface PackageChange {
  type: string;
  name: string;
  /** All of its versions, for a lockfile may have several; empty: it is not there. */
  before: readonly string[];
  after: readonly string[];
}

/** Compares what two lockfiles name. Null where they name the same. */
export function comparePackages(
  before: readonly LockedVersion[],
  after: readonly LockedVersion[],
): PackageChanges | null {
  const [old, now] = [byName(before), byName(after)];
  const changes: PackageChange[] = [];
  for (const key of [...new Set([...old.keys(), ...now.keys()])].toSorted()) {
    const { type, name } = (now.get(key) ?? old.get(key))!;
    const versions = { before: old.get(key)?.versions ?? [], after: now.get(key)?.versions ?? [] };
    if (versions.before.join() !== versions.after.join()) changes.push({ type, name, ...versions });
  }
  if (changes.length === 0) return null;
  const stays = ({ before, after }: PackageChange) => before.length > 0 && after.length > 0;
  return {
    added: changes.filter(({ before }) => before.length === 0),
    removed: changes.filter(({ after }) => after.length === 0),
    major: changes.filter((change) => stays(change) && isMajor(change)),
    minor: changes.filter((change) => stays(change) && !isMajor(change)),
  };
}

interface Versions {
  type: string;
  name: string;
  versions: string[];
}

function byName(packages: readonly LockedVersion[]): Map<string, Versions> {
  const found = new Map<string, Versions>();
  for (const { type, name, version } of packages) {
    const key = `${name} ${type}`;
    const known = found.get(key) ?? { type, name, versions: [] };
    if (!known.versions.includes(version)) known.versions.push(version);
    found.set(key, known);
  }
  for (const { versions } of found.values()) versions.sort();
  return found;
}

/** Whether it has a major version that it had not: of `0.x`, where anything may change, the second number counts. */
function isMajor({ before, after }: PackageChange): boolean {
  const known = new Set(before.map(majorOf));
  return after.some((version) => !known.has(majorOf(version)));
}

function majorOf(version: string): string {
  const [first = "", second = ""] = version.replace(/^[^\d]*/, "").split(/[.+-]/);
  return first === "0" ? `0.${second}` : first;
}
