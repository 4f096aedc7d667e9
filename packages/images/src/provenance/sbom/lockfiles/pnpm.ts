import { dataOf, membersOf, textOf } from "../data.ts";
import type { Data } from "../data.ts";
import { integrityHashes, lockedPackage } from "../locked-package.ts";
import type { Scope } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";
import { reachable } from "../reachable.ts";

/** pnpm-lock.yaml, versions 5.3 to 9. Source: the lockfile specifications of pnpm/spec. */
export const pnpmLockfile: Lockfile = {
  ecosystem: "npm",
  name: "pnpm-lock.yaml",
  nested: false,
  beside: null,
  async parse(text) {
    const { load } = await import("js-yaml");
    // From pnpm 11 on, a document about pnpm itself may come first.
    const documents = text.split(/^---\s*$/m).filter((part) => part.trim() !== "");
    const lock = dataOf(load(documents.at(-1) ?? ""));
    const packages = membersOf(lock["packages"]);
    const scope = lock["snapshots"] === undefined ? scopeOfEntry : scopesByGraph(lock);
    return packages.flatMap(([key, entry]) => {
      const found = readKey(key);
      const version = textOf(entry["version"]) ?? found?.version;
      if (found === null || version === undefined || /^(file|link):/.test(version)) return [];
      return lockedPackage("npm", textOf(entry["name"]) ?? found.name, version, {
        scope: scope(key, entry),
        hashes: integrityHashes(textOf(dataOf(entry["resolution"])["integrity"])),
      });
    });
  },
};

/** `foo@1.0.0`, `/foo@1.0.0(peer@2.0.0)` (version 6), `/@scope/foo/1.0.0_peer@2.0.0` (version 5). */
function readKey(key: string): { name: string; version: string } | null {
  const plain = withoutPeers(key).replace(/^\//, "");
  const at = plain.indexOf("@", 1);
  const found = at === -1 || /\/\d/.test(plain.slice(0, at)) ? /^((?:@[^/]+\/)?[^/]+)\/([^_]+)/.exec(plain) : null;
  if (found !== null) return { name: found[1] ?? "", version: found[2] ?? "" };
  return at === -1 ? null : { name: plain.slice(0, at), version: plain.slice(at + 1) };
}

function withoutPeers(key: string): string {
  const peers = key.indexOf("(");
  return peers === -1 ? key : key.slice(0, peers);
}

function scopeOfEntry(_key: string, entry: Data): Scope {
  if (entry["dev"] === true) return "excluded";
  return entry["optional"] === true ? "optional" : "required";
}

/** Version 9 does not say what is for development: it is what cannot be reached without the importers' development dependencies. */
function scopesByGraph(lock: Data): (key: string) => Scope {
  const snapshots = dataOf(lock["snapshots"]);
  const edges = (key: string) => {
    const snapshot = dataOf(snapshots[key]);
    return [...resolved(snapshot["dependencies"]), ...resolved(snapshot["optionalDependencies"])];
  };
  const importers = membersOf(lock["importers"]).map(([, importer]) => importer);
  const roots = importers.flatMap((importer) => [
    ...resolved(importer["dependencies"]),
    ...resolved(importer["optionalDependencies"]),
  ]);
  const used = new Set<string>();
  const needed = new Set<string>();
  for (const key of reachable(roots, edges)) {
    used.add(withoutPeers(key));
    if (dataOf(snapshots[key])["optional"] !== true) needed.add(withoutPeers(key));
  }
  return (key) => (needed.has(key) ? "required" : used.has(key) ? "optional" : "excluded");
}

/** The keys of snapshots that dependencies stand for: `{ foo: 1.0.0 }`, `{ foo: { version: 1.0.0 } }`, or another package's key as the version of an alias. */
function resolved(dependencies: unknown): string[] {
  return Object.entries(dataOf(dependencies)).flatMap(([name, value]) => {
    const version = textOf(value) ?? textOf(dataOf(value)["version"]);
    if (version === undefined || /^(link|file|workspace):/.test(version)) return [];
    return withoutPeers(version).includes("@", 1) ? version : `${name}@${version}`;
  });
}
