import { dataOf, listOf, membersOf, textOf } from "../data.ts";
import { lockedPackage, prefixedHash } from "../locked-package.ts";
import type { LockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** Pipfile.lock. Source: pipenv's documentation, Pipfile & Pipfile.lock. */
export const pipenvLockfile: Lockfile = {
  ecosystem: "pypi",
  name: "Pipfile.lock",
  nested: false,
  beside: null,
  parse(text) {
    const lock = dataOf(JSON.parse(text));
    const read = (group: string, scope: LockedPackage["scope"]) =>
      membersOf(lock[group]).map(([name, entry]) => {
        const version = textOf(entry["version"])?.replace(/^===?/, "") ?? null;
        const hashes = listOf(entry["hashes"]).flatMap((hash) => prefixedHash(textOf(hash) ?? "") ?? []);
        return lockedPackage("pypi", name, version, { scope, files: hashes.map((hash) => ({ name: null, hash })) });
      });
    return [...read("default", "required"), ...read("develop", "excluded")];
  },
};
