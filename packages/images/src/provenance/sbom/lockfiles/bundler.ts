import { hexHash, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** Gemfile.lock. Source: Bundler's documentation and the files it writes; it does not say what is for development. */
export const bundlerLockfile: Lockfile = {
  ecosystem: "gem",
  name: "Gemfile.lock",
  nested: false,
  beside: null,
  parse(text) {
    const sums = new Map(
      [...text.matchAll(/^ {2}(\S+ \([^)]+\)) sha256=([0-9a-f]{64})$/gm)].map(([, key = "", sum = ""]) => [key, sum]),
    );
    let section = "";
    return text.split(/\r?\n/).flatMap((line) => {
      if (/^[A-Z]/.test(line)) section = line.trim();
      const found = /^ {4}(\S+) \(([^)]+)\)$/.exec(line);
      // Gems below PATH are the project's own.
      if (found === null || !["GEM", "GIT"].includes(section)) return [];
      const [, name = "", full = ""] = found;
      const dash = full.indexOf("-");
      const hash = hexHash("sha256", sums.get(`${name} (${full})`) ?? "");
      return lockedPackage("gem", name, dash === -1 ? full : full.slice(0, dash), {
        hashes: hash === null ? [] : [hash],
        ...(dash !== -1 && { qualifiers: { platform: full.slice(dash + 1) } }),
      });
    });
  },
};
