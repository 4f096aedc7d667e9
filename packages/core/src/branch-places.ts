import type { EnvironmentKind } from "./app.ts";
import { production } from "./names.ts";

/**
 * Which branches deploy to environments that last, as berth.yaml says: by environment, in the order of the file. In a pattern `*` is any
 * text without a `/`, and `**` any text.
 */
export type BranchPlaces = Readonly<Record<string, readonly string[]>>;

/** The environment whose patterns take the branch, the first in the file; null where none does. */
export function placeOfBranch(places: BranchPlaces, branch: string): string | null {
  const found = Object.entries(places).find(([, patterns]) => patterns.some((pattern) => takes(pattern, branch)));
  return found?.[0] ?? null;
}

/** What an environment of this name is. One that is there stays what it is, save that a preview can become one that lasts. */
export function environmentKindOf(name: string, places: BranchPlaces, known: EnvironmentKind | null): EnvironmentKind {
  if (name === production) return "production";
  return Object.hasOwn(places, name) ? "lasting" : (known ?? "preview");
}

/** Follows all ways to split the branch at once: a regular expression would try one after the other, and of `*a*a*a` there are too many. */
function takes(pattern: string, branch: string): boolean {
  let reached = new Set([0]);
  for (const part of pattern.match(/\*\*|\*|[^*]+/g) ?? []) {
    const next = new Set<number>();
    for (const from of reached) {
      if (!part.startsWith("*")) {
        if (branch.startsWith(part, from)) next.add(from + part.length);
        continue;
      }
      for (let to = from; to <= branch.length && !next.has(to); to += 1) {
        next.add(to);
        if (part === "*" && branch[to] === "/") break;
      }
    }
    reached = next;
  }
  return reached.has(branch.length);
}
