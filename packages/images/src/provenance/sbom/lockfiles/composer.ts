import { dataOf, listOf, textOf } from "../data.ts";
import { hexHash, lockedPackage } from "../locked-package.ts";
import type { LockedPackage, Scope } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** composer.lock. Source: Composer's documentation, and its schema of composer.json. */
export const composerLockfile: Lockfile = {
  ecosystem: "composer",
  name: "composer.lock",
  nested: false,
  beside: null,
  parse(text) {
    const lock = dataOf(JSON.parse(text));
    return [...read(lock["packages"], "required"), ...read(lock["packages-dev"], "excluded")];
  },
};

function read(list: unknown, scope: Scope): LockedPackage[] {
  return listOf(list)
    .map(dataOf)
    .flatMap((entry) => {
      const name = textOf(entry["name"]);
      const version = textOf(entry["version"])?.replace(/^v(?=\d)/, "");
      if (name === undefined || version === undefined) return [];
      const hash = hexHash("sha1", textOf(dataOf(entry["dist"])["shasum"]) ?? "");
      // Several licences mean that one may choose.
      const licences = listOf(entry["license"]).flatMap((one) => textOf(one) ?? []);
      return lockedPackage("composer", name, version, {
        scope,
        hashes: hash === null ? [] : [hash],
        licences: licences.length === 0 ? [] : [licences.join(" OR ")],
      });
    });
}
