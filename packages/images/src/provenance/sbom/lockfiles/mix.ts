import { hexHash, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** mix.lock: an Elixir term with one package a line; its last hash is that of the package as Hex has it. Source: Hex's documentation. */
export const mixLockfile: Lockfile = {
  ecosystem: "hex",
  name: "mix.lock",
  nested: false,
  beside: null,
  parse: (text) =>
    text.split(/\r?\n/).flatMap((line) => {
      const found = /^\s*"[^"]+": \{:hex, :"?([\w-]+)"?, "([^"]+)"/.exec(line);
      if (found === null) return [];
      const [, name = "", version = ""] = found;
      const hash = hexHash("sha256", /"([0-9a-f]{64})"\},?\s*$/.exec(line)?.[1] ?? "");
      return lockedPackage("hex", name, version, { hashes: hash === null ? [] : [hash] });
    }),
};
