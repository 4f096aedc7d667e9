import { dataOf, listOf, textOf } from "../data.ts";
import { lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";
import { filesOf } from "./python-files.ts";

/** poetry.lock. Source: Poetry's documentation; before version 2 only `category` told what is for development. */
export const poetryLockfile: Lockfile = {
  ecosystem: "pypi",
  name: "poetry.lock",
  nested: false,
  beside: null,
  async parse(text) {
    const { parse } = await import("smol-toml");
    return listOf(parse(text)["package"])
      .map(dataOf)
      .flatMap((entry) => {
        const name = textOf(entry["name"]);
        const version = textOf(entry["version"]);
        if (name === undefined || version === undefined) return [];
        const groups = listOf(entry["groups"]);
        const isDev = entry["category"] === "dev" || (groups.length > 0 && !groups.includes("main"));
        const scope = isDev ? "excluded" : entry["optional"] === true ? "optional" : "required";
        return lockedPackage("pypi", name, version, { scope, files: filesOf(listOf(entry["files"]), "file") });
      });
  },
};
