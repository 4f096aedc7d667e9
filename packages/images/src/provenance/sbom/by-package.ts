import { packageUrl } from "./package-url.ts";
import type { Hash, LockedPackage, Scope } from "./locked-package.ts";

/** A package of an image, however many lockfiles name it. */
export interface FoundPackage extends LockedPackage {
  /** Null where its kind of package has no package URL. */
  purl: string | null;
  /** Paths of the lockfiles that name it. */
  from: readonly string[];
}

const strength: Record<Scope, number> = { excluded: 0, optional: 1, required: 2 };

/** Each package once, with the strongest scope and all hashes, sorted by its package URL. */
export function byPackage(found: readonly { locked: LockedPackage; path: string }[]): FoundPackage[] {
  const merged = new Map<string, FoundPackage>();
  for (const { locked, path } of found) {
    const purl = packageUrl(locked);
    const key = purl ?? `${locked.type}:${locked.name}@${locked.version ?? ""}`;
    const before = merged.get(key);
    merged.set(key, before === undefined ? { ...locked, purl, from: [path] } : merge(before, locked, path));
  }
  const versioned = new Set([...merged.values()].filter(({ version }) => version !== null).map(sameName));
  return [...merged]
    .filter(([, one]) => one.version !== null || !versioned.has(sameName(one)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
}

function merge(before: FoundPackage, locked: LockedPackage, path: string): FoundPackage {
  return {
    ...before,
    scope: strength[locked.scope] > strength[before.scope] ? locked.scope : before.scope,
    hashes: unique([...before.hashes, ...locked.hashes], hashKey),
    files: unique([...before.files, ...locked.files], ({ name, hash }) => `${name} ${hashKey(hash)}`),
    licences: unique([...before.licences, ...locked.licences], (licence) => licence),
    from: unique([...before.from, path], (one) => one),
  };
}

/** One that a manifest asks for in any version is the one that a lockfile pins. */
function sameName({ type, name }: LockedPackage): string {
  return `${type}:${name.toLowerCase().replaceAll(/[-_.]+/g, "-")}`;
}

function hashKey({ alg, content }: Hash): string {
  return `${alg}:${content}`;
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
