import { dataOf, membersOf, textOf } from "../data.ts";
import type { Data } from "../data.ts";
import { integrityHashes, lockedPackage } from "../locked-package.ts";
import type { LockedPackage, Scope } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** npm's package-lock.json, versions 1 to 3. Source: npm's documentation, package-lock.json. */
export const npmLockfile = makeNpmLockfile("package-lock.json");
/** The same under the name that is published with a package. */
export const npmShrinkwrap = makeNpmLockfile("npm-shrinkwrap.json");

function makeNpmLockfile(name: string): Lockfile {
  return {
    ecosystem: "npm",
    name,
    nested: false,
    beside: null,
    parse(text) {
      const lock = dataOf(JSON.parse(text));
      return lock["packages"] === undefined ? [...fromTree(lock["dependencies"])] : fromPaths(lock["packages"]);
    },
  };
}

const folder = "node_modules/";

/** Versions 2 and 3: by the path a package is put at. What lies outside of node_modules is the project itself. */
function fromPaths(packages: unknown): LockedPackage[] {
  return membersOf(packages).flatMap(([path, entry]) => {
    const at = path.lastIndexOf(folder);
    if (at === -1 || entry["link"] === true) return [];
    return makePackage(textOf(entry["name"]) ?? path.slice(at + folder.length), textOf(entry["version"]), entry);
  });
}

/** Version 1: as they are nested. */
function* fromTree(dependencies: unknown): Generator<LockedPackage> {
  for (const [name, entry] of membersOf(dependencies)) {
    const version = textOf(entry["version"]);
    const alias = /^npm:(.+)@([^@]+)$/.exec(version ?? "");
    yield* makePackage(alias?.[1] ?? name, alias?.[2] ?? version, entry);
    yield* fromTree(entry["dependencies"]);
  }
}

function makePackage(name: string, version: string | undefined, entry: Data): LockedPackage[] {
  if (version === undefined || version.startsWith("file:")) return [];
  const licence = textOf(entry["license"]);
  return [
    lockedPackage("npm", name, version, {
      scope: scopeOf(entry),
      hashes: integrityHashes(textOf(entry["integrity"])),
      licences: licence === undefined ? [] : [licence],
    }),
  ];
}

function scopeOf(entry: Data): Scope {
  // `devOptional`: both a development dependency and one of an optional one, so it may be there.
  if (entry["dev"] === true) return "excluded";
  return entry["optional"] === true || entry["devOptional"] === true ? "optional" : "required";
}
