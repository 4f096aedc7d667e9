import { dataOf, listOf, textOf } from "../data.ts";
import { lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";
import { reachable } from "../reachable.ts";
import { filesOf } from "./python-files.ts";

/** uv.lock. Source: uv's documentation, Locking. */
export const uvLockfile: Lockfile = {
  ecosystem: "pypi",
  name: "uv.lock",
  nested: false,
  beside: null,
  async parse(text) {
    const { parse } = await import("smol-toml");
    const packages = listOf(parse(text)["package"]).map(dataOf);
    const named = new Map(packages.map((entry) => [textOf(entry["name"]) ?? "", entry]));
    const isOurs = (source: unknown) => ["editable", "virtual", "directory"].some((kind) => kind in dataOf(source));
    const ours = packages.filter((entry) => isOurs(entry["source"]));
    const needs = (list: unknown) => listOf(list).flatMap((one) => textOf(dataOf(one)["name"]) ?? []);
    const extras = (name: string) => Object.values(dataOf(named.get(name)?.["optional-dependencies"])).flatMap(needs);
    const roots = ours.flatMap((entry) => textOf(entry["name"]) ?? []);
    const used = reachable(roots, (name) => [...needs(named.get(name)?.["dependencies"]), ...extras(name)]);
    return packages.flatMap((entry) => {
      const name = textOf(entry["name"]);
      const version = textOf(entry["version"]);
      if (name === undefined || version === undefined || isOurs(entry["source"])) return [];
      const scope = ours.length === 0 || used.has(name) ? "required" : "excluded";
      return lockedPackage("pypi", name, version, {
        scope,
        files: filesOf([entry["sdist"], ...listOf(entry["wheels"])], "url"),
      });
    });
  },
};
