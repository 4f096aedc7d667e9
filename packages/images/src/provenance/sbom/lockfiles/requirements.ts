import { posix } from "node:path";
import { lockedPackage, prefixedHash } from "../locked-package.ts";
import type { LockedPackage } from "../locked-package.ts";
import type { Lockfile, ReadBeside } from "../lockfile.ts";

/** pip's requirements.txt with the files it includes. What it does not pin has no version. Source: pip's documentation, Requirements File Format; PEP 508. */
export const requirementsFile: Lockfile = {
  ecosystem: "pypi",
  name: "requirements.txt",
  nested: false,
  beside: /^(requirements[^/]*\.txt|requirements\/[^/]+\.txt|constraints[^/]*\.txt)$/,
  parse: (text, beside) => [...read("requirements.txt", text, beside, new Set())],
};

function* read(path: string, text: string, beside: ReadBeside, seen: Set<string>): Generator<LockedPackage> {
  seen.add(path);
  const lines = text.replace(/\\\r?\n/g, " ").split(/\r?\n/);
  for (const line of lines.map((one) => one.replace(/(^|\s)#.*$/, "").trim())) {
    const included = /^(?:-r|--requirement)(?:\s+|=)(\S+)/.exec(line)?.[1];
    if (included !== undefined) {
      const target = posix.join(posix.dirname(path), included);
      const inner = seen.has(target) ? undefined : beside(target);
      if (inner !== undefined) yield* read(target, inner, beside, seen);
      continue;
    }
    const found = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)/.exec(line);
    if (found === null) continue;
    const [, name = "", rest = ""] = found;
    const version = /^={2,3}\s*([^\s,*]+)(?=\s|$|--)/.exec(rest.trim())?.[1] ?? null;
    const hashes = [...line.matchAll(/--hash[=\s](\S+)/g)].flatMap(([, hash = ""]) => prefixedHash(hash) ?? []);
    yield lockedPackage("pypi", name, version, { files: hashes.map((hash) => ({ name: null, hash })) });
  }
}
