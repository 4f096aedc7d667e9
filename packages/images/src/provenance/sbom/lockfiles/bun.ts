import { dataOf, listOf, membersOf, textOf } from "../data.ts";
import { integrityHashes, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";
import { reachable } from "../reachable.ts";

/** bun.lock: JSON with commas at the end of lists. Source: Bun's documentation, Lockfile. */
export const bunLockfile: Lockfile = {
  ecosystem: "npm",
  name: "bun.lock",
  nested: false,
  beside: null,
  parse(text) {
    const lock = dataOf(JSON.parse(withoutTrailingCommas(text)));
    const packages = dataOf(lock["packages"]);
    const workspaces = membersOf(lock["workspaces"]).map(([, workspace]) => workspace);
    const namesIn = (...lists: unknown[]) => lists.flatMap((list) => Object.keys(dataOf(list)));
    const roots = workspaces.flatMap((one) => namesIn(one["dependencies"], one["optionalDependencies"]));
    const used = reachable(roots, (key) => {
      const facts = dataOf(listOf(packages[key])[2]);
      return namesIn(facts["dependencies"], facts["optionalDependencies"], facts["peerDependencies"]).map((name) =>
        nearest(packages, key, name),
      );
    });
    return Object.entries(packages).flatMap(([key, value]) => {
      const [resolution, , , integrity] = listOf(value);
      const found = /^(.+)@(?:npm:)?([^@:]+)$/.exec(textOf(resolution) ?? "");
      if (found === null) return [];
      const [, name = "", version = ""] = found;
      const hashes = integrityHashes(textOf(integrity));
      return lockedPackage("npm", name, version, { scope: used.has(key) ? "required" : "excluded", hashes });
    });
  },
};

/** Packages are looked up as Node does: below the one that asks first (`a/b`), then further out. */
function nearest(packages: Readonly<Record<string, unknown>>, from: string, name: string): string {
  for (let place = from; place !== ""; place = place.slice(0, Math.max(0, place.lastIndexOf("/")))) {
    if (`${place}/${name}` in packages) return `${place}/${name}`;
  }
  return name;
}

function withoutTrailingCommas(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? "");
}
