import { dataOf, membersOf, textOf } from "../data.ts";
import { hexHash, integrityHashes, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** deno.lock, versions 2 to 5: packages of npm and JSR, and modules by address. Source: Deno's documentation, Integrity Checking and Lock Files. */
export const denoLockfile: Lockfile = {
  ecosystem: "deno",
  name: "deno.lock",
  nested: false,
  beside: null,
  parse(text) {
    const lock = dataOf(JSON.parse(text));
    const inner = dataOf(lock["packages"]);
    const npm = dataOf(lock["npm"] ?? inner["npm"]);
    return [
      ...membersOf(npm["packages"] ?? npm).flatMap(([key, entry]) => {
        const found = readKey(key);
        if (found === null) return [];
        return lockedPackage("npm", found.name, found.version, { hashes: integrityHashes(textOf(entry["integrity"])) });
      }),
      ...membersOf(lock["jsr"] ?? inner["jsr"]).flatMap(([key, entry]) => {
        const found = readKey(key);
        const hash = hexHash("sha256", textOf(entry["integrity"]) ?? "");
        return found === null
          ? []
          : lockedPackage("jsr", found.name, found.version, { hashes: hash === null ? [] : [hash] });
      }),
      ...Object.entries(dataOf(lock["remote"])).flatMap(([url, sum]) => {
        const hash = hexHash("sha256", textOf(sum) ?? "");
        const name = URL.canParse(url) ? new URL(url).host + new URL(url).pathname : null;
        return name === null ? [] : lockedPackage("generic", name, null, { hashes: hash === null ? [] : [hash] });
      }),
    ];
  },
};

/** `chalk@5.3.0`, with the peers it has after an underscore. */
function readKey(key: string): { name: string; version: string } | null {
  const at = key.indexOf("@", 1);
  return at === -1 ? null : { name: key.slice(0, at), version: key.slice(at + 1).split("_", 1)[0] ?? "" };
}
