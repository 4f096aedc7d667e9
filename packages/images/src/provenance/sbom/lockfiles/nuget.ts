import { dataOf, membersOf, textOf } from "../data.ts";
import { base64Hash, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** packages.lock.json: for each framework the packages of a project. Source: NuGet's documentation, Package references in project files. */
export const nugetLockfile: Lockfile = {
  ecosystem: "nuget",
  name: "packages.lock.json",
  nested: true,
  beside: null,
  parse: (text) =>
    membersOf(dataOf(JSON.parse(text))["dependencies"]).flatMap(([, framework]) =>
      membersOf(framework).flatMap(([name, entry]) => {
        const version = textOf(entry["resolved"]);
        if (version === undefined || entry["type"] === "Project") return [];
        const hash = base64Hash("sha512", textOf(entry["contentHash"]) ?? "");
        return lockedPackage("nuget", name, version, { hashes: hash === null ? [] : [hash] });
      }),
    ),
};
