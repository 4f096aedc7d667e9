import { dataOf, membersOf, textOf } from "../data.ts";
import { hexHash, integrityHashes, lockedPackage } from "../locked-package.ts";
import type { LockedPackage } from "../locked-package.ts";
import type { Lockfile, ReadBeside } from "../lockfile.ts";
import { reachable } from "../reachable.ts";
import { parseYarnClassic } from "./yarn-classic.ts";

/** yarn.lock: of yarn 1 a format of its own, of later ones YAML. */
export const yarnLockfile: Lockfile = {
  ecosystem: "npm",
  name: "yarn.lock",
  nested: false,
  beside: /^package\.json$/,
  parse: (text, beside) => (/^__metadata:/m.test(text) ? fromBerry(text, beside) : fromClassic(text, beside)),
};

interface Entry {
  /** What it is asked for as: `foo@^1.0.0`, `foo@npm:^1.0.0`. */
  descriptors: readonly string[];
  dependencies: readonly string[];
  make(scope: LockedPackage["scope"]): LockedPackage | null;
}

function fromClassic(text: string, beside: ReadBeside): LockedPackage[] {
  const entries = parseYarnClassic(text).map((entry): Entry => {
    const alias = /@npm:(.+)@[^@]*$/.exec(entry.descriptors[0] ?? "");
    const name = alias?.[1] ?? nameOf(entry.descriptors[0] ?? "");
    const sha1 = hexHash("sha1", /#([0-9a-f]{40})$/.exec(entry.fields["resolved"] ?? "")?.[1] ?? "");
    const integrity = integrityHashes(entry.fields["integrity"]);
    const hashes = integrity.length > 0 || sha1 === null ? integrity : [sha1];
    const { version } = entry.fields;
    return {
      ...entry,
      make: (scope) => (version === undefined ? null : lockedPackage("npm", name, version, { scope, hashes })),
    };
  });
  return withScopes(entries, beside, (name, range) => `${name}@${range}`);
}

/** Its checksums are of yarn's own archives, not of the packages, so they are left out. */
async function fromBerry(text: string, beside: ReadBeside): Promise<LockedPackage[]> {
  const { load } = await import("js-yaml");
  const lock = dataOf(load(text));
  const withProtocol = (name: string, range: string) => `${name}@${range.includes(":") ? range : `npm:${range}`}`;
  const entries = membersOf(lock).flatMap(([key, entry]): Entry[] => {
    const resolution = textOf(entry["resolution"]) ?? "";
    const name = nameOf(resolution);
    const version = textOf(entry["version"]);
    const isOurs = /@(workspace|link|portal|file):/.test(resolution);
    return [
      {
        descriptors: key.split(", "),
        dependencies: pairs(entry["dependencies"]).map(([dependency, range]) => withProtocol(dependency, range)),
        make: (scope) =>
          isOurs || version === undefined || key === "__metadata"
            ? null
            : lockedPackage("npm", name, version, { scope }),
      },
    ];
  });
  return withScopes(entries, beside, withProtocol);
}

/** Neither format says what is for development, so it is what the manifest asks for only as that. With workspaces this one manifest does not tell. */
function withScopes(
  entries: readonly Entry[],
  beside: ReadBeside,
  descriptor: (name: string, range: string) => string,
): LockedPackage[] {
  const manifest = dataOf(JSON.parse(beside("package.json") ?? "{}"));
  const byDescriptor = new Map(entries.flatMap((entry) => entry.descriptors.map((key) => [key, entry] as const)));
  const roots = [manifest["dependencies"], manifest["optionalDependencies"]].flatMap(pairs);
  const isKnown = manifest["workspaces"] === undefined && manifest["name"] !== undefined;
  const used = reachable(
    roots.map(([name, range]) => descriptor(name, range)),
    (key) => byDescriptor.get(key)?.dependencies ?? [],
  );
  return entries.flatMap((entry) => {
    const isUsed = !isKnown || entry.descriptors.some((key) => used.has(key));
    return entry.make(isUsed ? "required" : "excluded") ?? [];
  });
}

function pairs(dependencies: unknown): [string, string][] {
  return Object.entries(dataOf(dependencies)).map(([name, range]) => [name, String(range)]);
}

/** `@scope/foo@^1.0.0` is `@scope/foo`. */
function nameOf(descriptor: string): string {
  const at = descriptor.indexOf("@", 1);
  return at === -1 ? descriptor : descriptor.slice(0, at);
}
