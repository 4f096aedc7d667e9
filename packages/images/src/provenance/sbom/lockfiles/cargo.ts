import { dataOf, listOf, textOf } from "../data.ts";
import { hexHash, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** Cargo.lock. Source: the Cargo book, Cargo.toml vs Cargo.lock. What has no source is a crate of the repository. */
export const cargoLockfile: Lockfile = {
  ecosystem: "cargo",
  name: "Cargo.lock",
  nested: false,
  beside: null,
  async parse(text) {
    const { parse } = await import("smol-toml");
    const lock = parse(text);
    const metadata = dataOf(lock["metadata"]);
    return listOf(lock["package"])
      .map(dataOf)
      .flatMap((entry) => {
        const name = textOf(entry["name"]);
        const version = textOf(entry["version"]);
        const source = textOf(entry["source"]);
        if (name === undefined || version === undefined || source === undefined) return [];
        // Version 1 has the checksums in a table at the end.
        const sum = textOf(entry["checksum"]) ?? textOf(metadata[`checksum ${name} ${version} (${source})`]);
        const hash = hexHash("sha256", sum ?? "");
        return lockedPackage("cargo", name, version, { hashes: hash === null ? [] : [hash] });
      });
  },
};
