import { dataOf, textOf } from "../data.ts";
import { prefixedHash } from "../locked-package.ts";
import type { LockedPackage } from "../locked-package.ts";

/** Files of a package with their hashes; of an address only the name of the file. */
export function filesOf(list: readonly unknown[], field: "url" | "file"): LockedPackage["files"] {
  return list.map(dataOf).flatMap((file) => {
    const hash = prefixedHash(textOf(file["hash"]) ?? "");
    const name = textOf(file[field])?.split("/").at(-1)?.split(/[?#]/, 1)[0] ?? null;
    return hash === null ? [] : { name, hash };
  });
}
